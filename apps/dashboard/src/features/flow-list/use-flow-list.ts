import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import type { Client, CombinedError } from 'urql'
import { useUncachedClient } from '../../graphql/uncached.ts'
import { useLive } from '../../graphql/use-live.ts'
import { FlowList_FlowsChanged, FlowList_Query, type ListedFlow } from './list-documents.ts'
import type { ReadPage } from './list-pages.ts'
import { ListReader, type ReadList } from './list-reader.ts'
import { toFilter, type ListOrder, type ListSearch } from './list-search.ts'

export const PAGE_SIZE = 100

/** The live list of what an address asks for. The search must not change while this lives: another search is another list. onChange: something changed. */
export const useFlowList = (search: ListSearch, onChange: () => void) => {
  const filter = useMemo(() => toFilter(search), [search])
  const order = search.order ?? 'CREATED_DESC'
  const list = useKeptList(JSON.stringify({ filter, order }), useReadList(filter, order), order)
  const live = useLive({
    subscription: FlowList_FlowsChanged, variables: { filter }, item: data => data.flowsChanged,
    onItem: data => list.hear(data.flowsChanged), onChange: () => { list.settle(); onChange() },
  })
  useEffect(() => { if (live.ready) list.begin() }, [live.ready, list])
  return { list, view: useSyncExternalStore(list.listen, list.view) }
}

/** The list that was left last, by client: who opens a flow and goes back finds the rows and the place again. */
const kept = new WeakMap<Client, { key: string; list: ListReader }>()

const useKeptList = (key: string, read: ReadList, order: ListOrder): ListReader => {
  const client = useUncachedClient()
  const [list] = useState(() => {
    const left = kept.get(client)
    return left?.key === key ? left.list : new ListReader({ read, order })
  })
  useEffect(() => () => { kept.set(client, { key, list }) }, [client, key, list])
  return list
}

const useReadList = (filter: ReturnType<typeof toFilter>, orderBy: ListOrder): ReadList => {
  const client = useUncachedClient()
  return async after => {
    const { data, error } = await client.query(FlowList_Query, { filter, orderBy, first: PAGE_SIZE, after }, { requestPolicy: 'network-only' }).toPromise()
    return data ? { page: pageOf(after, data.flows) } : { problem: sentence(error) }
  }
}

interface Connection { edges: readonly { node: ListedFlow }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }

const pageOf = (after: string | null, { edges, pageInfo }: Connection): ReadPage<ListedFlow> =>
  ({ after, rows: edges.map(({ node }) => node), next: pageInfo.hasNextPage ? pageInfo.endCursor : null, end: pageInfo.endCursor })

const sentence = (error: CombinedError | undefined): string => {
  if (!error || error.networkError) return 'The control plane cannot be reached.'
  const tooMuch = error.graphQLErrors.some(({ extensions }) => extensions['code'] === 'LIMIT_EXCEEDED')
  return error.graphQLErrors.map(one => one.message).join(' ') + (tooMuch ? ' Choose a status, a lane, a kind or a shorter time.' : '')
}
