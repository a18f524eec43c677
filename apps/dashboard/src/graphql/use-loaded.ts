import { useCallback, useEffect, useRef } from 'react'
import { useQuery, type AnyVariables, type CombinedError, type DocumentInput } from 'urql'
import { useConnection } from './connection.ts'

/** What <Loaded> takes, and refresh: reads again from the server, at most once at a time, and once more if asked meanwhile. */
export interface LoadedQuery<Data> { data: Data | undefined; fetching: boolean; error: string | null; retry(): void; refresh(): void }

const sentence = (error: CombinedError) => (error.networkError ? 'The control plane cannot be reached.' : error.graphQLErrors.map(one => one.message).join(' '))

/** A page's one query. It waits until `ready` (its subscription has begun), and is read again after every reconnect. */
export const useLoaded = <Data, Variables extends AnyVariables>(
  { query, variables, ready = true }: { query: DocumentInput<Data, Variables>; variables: Variables; ready?: boolean },
): LoadedQuery<Data> => {
  const [result, execute] = useQuery<Data, Variables>({ query, variables, requestPolicy: 'cache-and-network', pause: !ready } as Parameters<typeof useQuery<Data, Variables>>[0])
  const again = useRef(false)
  const busy = result.fetching || result.stale
  const refresh = useCallback(() => {
    if (busy) again.current = true
    else execute({ requestPolicy: 'network-only' })
  }, [busy, execute])

  // What changed while an answer was under way may be missing in it.
  useEffect(() => {
    if (busy || !again.current) return
    again.current = false
    execute({ requestPolicy: 'network-only' })
  }, [busy, execute])

  useRereadAfterReconnect(refresh)
  const data = useLastRead(JSON.stringify(variables), result.data)
  return { data, fetching: result.fetching, error: result.error ? sentence(result.error) : null, retry: refresh, refresh }
}

/** A read that failed takes nothing away: what was read before for the same variables stays, and is said to be old. */
const useLastRead = <Data,>(key: string, data: Data | undefined): Data | undefined => {
  const last = useRef<{ key: string; data: Data } | null>(null)
  if (data !== undefined) last.current = { key, data }
  return data ?? (last.current?.key === key ? last.current.data : undefined)
}

const useRereadAfterReconnect = (refresh: () => void) => {
  const { generation } = useConnection()
  const seen = useRef(generation)
  useEffect(() => {
    if (seen.current === generation) return
    const first = seen.current === 0
    seen.current = generation
    if (!first) refresh()
  }, [generation, refresh])
}
