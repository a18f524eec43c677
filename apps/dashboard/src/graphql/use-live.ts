import { useCallback, useEffect, useRef, useState } from 'react'
import { useSubscription, type AnyVariables, type DocumentInput } from 'urql'
import { useConnection } from './connection.ts'

/** What every item of a subscription carries. */
export interface LiveItem { kind: 'SNAPSHOT' | 'CHANGE' | 'END'; gap: boolean; end: string | null }

/** Re-reads are at least this far apart, so that a busy queue does not become a busy page. */
const APART_MS = 700
/** A subscription that has not begun by then does not keep the page from being read. */
const PATIENCE_MS = 1500

interface Options<Data, Variables> {
  subscription: DocumentInput<Data, Variables>
  variables: Variables
  item(data: Data): LiveItem
  /** Called once at the end of a burst of items; the items themselves have already updated the cache. */
  onChange(): void
  /** Called for every item, before onChange; perhaps twice for one, so that what it does must be repeatable. For who keeps rows outside the cache. */
  onItem?(data: Data): void
}

/**
 * Listens. `ready` turns true with the snapshot item, or when it does not come: only then the page reads, so nothing falls between.
 * Every later item, a repeated snapshot and an end included, calls onChange. What ended is begun again when the socket opens again.
 */
export const useLive = <Data, Variables extends AnyVariables>({ subscription, variables, item, onChange, onItem }: Options<Data, Variables>): { ready: boolean } => {
  const { state } = useConnection()
  const [begun, setBegun] = useState(false)
  const later = useThrottled(onChange)
  const [{ data, error, fetching }, execute] = useSubscription<Data, Data, Variables>(
    { query: subscription, variables } as Parameters<typeof useSubscription<Data, Data, Variables>>[0],
    (_before, now) => { onItem?.(now); return now },
  )
  const seen = useRef<Data | undefined>(undefined)
  const pick = useRef(item)
  pick.current = item

  useEffect(() => {
    if (data === undefined || data === seen.current) return
    const first = seen.current === undefined
    seen.current = data
    const { kind, gap, end } = pick.current(data)
    setBegun(true)
    if (kind !== 'SNAPSHOT' || gap || !first) later()
    if (end === 'TOO_SLOW') execute()
  }, [data, later, execute])

  useBeginAgain(fetching, execute)
  const waited = useWaited(PATIENCE_MS)
  return { ready: begun || waited || state === 'closed' || error !== undefined }
}

/** A server that shuts down ends its subscriptions; they begin again with the next connection. */
const useBeginAgain = (listening: boolean, execute: () => void) => {
  const { generation } = useConnection()
  const seen = useRef(generation)
  useEffect(() => {
    if (seen.current === generation) return
    seen.current = generation
    if (!listening) execute()
  }, [generation, listening, execute])
}

const useWaited = (ms: number) => {
  const [waited, setWaited] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setWaited(true), ms)
    return () => clearTimeout(timer)
  }, [ms])
  return waited
}

const useThrottled = (run: () => void) => {
  const latest = useRef(run)
  latest.current = run
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const ranAt = useRef(0)
  useEffect(() => () => clearTimeout(timer.current), [])
  return useCallback(() => {
    if (timer.current !== undefined) return
    const wait = Math.max(30, ranAt.current + APART_MS - Date.now())
    timer.current = setTimeout(() => {
      timer.current = undefined
      ranAt.current = Date.now()
      latest.current()
    }, wait)
  }, [])
}
