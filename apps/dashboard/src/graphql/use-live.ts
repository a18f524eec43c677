import { useCallback, useEffect, useRef, useState } from 'react'
import { useSubscription, type AnyVariables, type DocumentInput } from 'urql'
import { useConnection } from './connection.ts'

/** What every item of a subscription carries. */
export interface LiveItem { kind: 'SNAPSHOT' | 'CHANGE' | 'END'; gap: boolean; end: string | null }

/** Re-reads are at least this far apart, so that a busy queue does not become a busy page. */
const APART_MS = 700
/** A subscription that has not begun by then does not keep the page from being read. */
const PATIENCE_MS = 1500

/**
 * Listens. `ready` turns true with the snapshot item, or when it does not come: only then the page reads, so nothing falls between.
 * onChange is called once at the end of a burst; the items themselves have already updated the cache.
 */
export const useLive = <Data, Variables extends AnyVariables>(
  { subscription, variables, item, onChange }:
  { subscription: DocumentInput<Data, Variables>; variables: Variables; item(data: Data): LiveItem; onChange(): void },
): { ready: boolean; resubscribe(): void } => {
  const [begun, setBegun] = useState(false)
  const { state } = useConnection()
  const later = useThrottled(onChange)
  const [result, execute] = useSubscription<Data, Data, Variables>({ query: subscription, variables } as Parameters<typeof useSubscription<Data, Data, Variables>>[0])
  const data = result.data
  const pick = useRef(item)
  pick.current = item

  useEffect(() => {
    if (data === undefined) return
    const { kind, gap, end } = pick.current(data)
    setBegun(true)
    if (kind === 'CHANGE' || gap) later()
    if (end === 'TOO_SLOW') execute()
  }, [data, later, execute])

  useEffect(() => {
    const timer = setTimeout(() => setBegun(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])

  return { ready: begun || state === 'closed' || result.error !== undefined, resubscribe: execute }
}

const useThrottled = (run: () => void) => {
  const latest = useRef(run)
  latest.current = run
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const ranAt = useRef(0)
  useEffect(() => () => clearTimeout(timer.current), [])
  return useCallback(() => {
    if (timer.current !== undefined) return
    const wait = Math.max(0, ranAt.current + APART_MS - Date.now())
    timer.current = setTimeout(() => {
      timer.current = undefined
      ranAt.current = Date.now()
      latest.current()
    }, Math.max(wait, 30))
  }, [])
}
