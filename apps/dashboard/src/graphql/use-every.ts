import { useEffect, useRef } from 'react'

/** Runs now and then while the page can be seen. */
export const useEvery = (ms: number, run: () => void) => {
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    const timer = setInterval(() => { if (document.visibilityState === 'visible') latest.current() }, ms)
    return () => clearInterval(timer)
  }, [ms])
}
