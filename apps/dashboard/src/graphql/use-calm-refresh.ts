import { useCallback, useEffect, useRef } from 'react'
import { useEvery } from './use-every.ts'

/** What no subscription tells is read this often, never more, and only while somebody can see it. */
const CALM_MS = 5000

/** Reads again every five seconds while the page can be seen, and at once when it is looked at again after longer than that. */
export const useCalmRefresh = (refresh: () => void) => {
  const readAt = useRef(0)
  const latest = useRef(refresh)
  latest.current = refresh
  const read = useCallback(() => {
    // A timer may be a little early.
    if (Date.now() - readAt.current < CALM_MS * 0.9) return
    readAt.current = Date.now()
    latest.current()
  }, [])
  useEvery(CALM_MS, read)
  useEffect(() => {
    readAt.current = Date.now()
    const onSeen = () => { if (document.visibilityState === 'visible') read() }
    document.addEventListener('visibilitychange', onSeen)
    return () => document.removeEventListener('visibilitychange', onSeen)
  }, [read])
}
