import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'

/** The end is still followed when so much of it is out of sight. */
const NEAR_PX = 24

const showEnd = (element: HTMLElement | null): void => { element?.scrollTo({ top: element.scrollHeight }) }

/** Follows the end of what grows until somebody scrolls up; then counts the rows that came. */
export const useFollow = (scroller: RefObject<HTMLElement | null>, count: number) => {
  const [follows, setFollows] = useState(true)
  const [left, setLeft] = useState(0)
  const latest = useRef(count)
  latest.current = count
  const toEnd = useCallback(() => {
    setFollows(true)
    showEnd(scroller.current)
  }, [scroller])

  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    let before = element.scrollTop
    const look = () => {
      const isUp = element.scrollTop < before
      before = element.scrollTop
      const isAtEnd = element.scrollHeight - element.clientHeight - element.scrollTop <= NEAR_PX
      if (isAtEnd) setFollows(true)
      else if (isUp) setFollows(now => { if (now) setLeft(latest.current); return false })
    }
    element.addEventListener('scroll', look, { passive: true })
    return () => element.removeEventListener('scroll', look)
  }, [scroller])

  useLayoutEffect(() => { if (follows) showEnd(scroller.current) }, [follows, count, scroller])

  /** Somewhere else on purpose. */
  const leave = useCallback(() => setFollows(now => { if (now) setLeft(latest.current); return false }), [])
  return { follows, fresh: follows ? 0 : Math.max(0, count - left), toEnd, leave }
}
