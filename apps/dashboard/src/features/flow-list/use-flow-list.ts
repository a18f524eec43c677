import { useMemo } from 'react'
import { useUncachedClient } from '../../graphql/uncached.ts'
import type { ReadList } from '../../ui/paged-list/list-reader.ts'
import { PAGE_SIZE, pageOf, useLiveList, whyUnread } from '../use-live-list.ts'
import { flowListRules, itemOf } from './flow-list-rules.ts'
import { FlowList_FlowsChanged, FlowList_Query, type ListedFlow } from './list-documents.ts'
import { toFilter, type ListOrder, type ListSearch } from './list-search.ts'

/** The live list of what an address asks for. The search must not change while this lives: another search is another list. onChange: something changed. */
export const useFlowList = (search: ListSearch, onChange: () => void) => {
  const filter = useMemo(() => toFilter(search), [search])
  const order = search.order ?? 'CREATED_DESC'
  return useLiveList({
    key: JSON.stringify({ flows: filter, order }), read: useReadFlows(filter, order), rules: flowListRules(order),
    subscription: FlowList_FlowsChanged, variables: { filter }, onChange, item: ({ flowsChanged }) => ({ ...flowsChanged, ...itemOf(flowsChanged) }),
  })
}

const useReadFlows = (filter: ReturnType<typeof toFilter>, orderBy: ListOrder): ReadList<ListedFlow> => {
  const client = useUncachedClient()
  return async after => {
    const { data, error } = await client.query(FlowList_Query, { filter, orderBy, first: PAGE_SIZE, after }, { requestPolicy: 'network-only' }).toPromise()
    return data ? { page: pageOf(after, data.flows) } : { problem: whyUnread(error, 'Choose a status, a lane, a kind or a shorter time.') }
  }
}
