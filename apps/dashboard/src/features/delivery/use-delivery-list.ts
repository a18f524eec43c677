import { useMemo } from 'react'
import { useUncachedClient } from '../../graphql/uncached.ts'
import type { ListItem, ListRules } from '../../ui/paged-list/list-news.ts'
import type { ReadList } from '../../ui/paged-list/list-reader.ts'
import { PAGE_SIZE, pageOf, useLiveList, whyUnread } from '../use-live-list.ts'
import { DeliveryList_Changed, DeliveryList_Query, type DeliveryChange, type ListedDelivery } from './delivery-documents.ts'
import { toFilter, type DeliverySearch } from './delivery-search.ts'

/** An item of the subscription as any list takes it. */
const itemOf = ({ kind, gap, delivery, matches }: DeliveryChange): ListItem<ListedDelivery> =>
  ({ kind, gap, id: delivery?.id ?? null, news: delivery ?? {}, gone: matches === false ? 'left' : null })

/** Newest first, and a change says all that can change. */
const RULES: ListRules<ListedDelivery> = {
  placeOf: (change, pages) => ((change.createdAt ?? '') >= (pages[0]?.rows?.[0]?.row.createdAt ?? '') ? 'ahead' : 'between'),
  growsAtTop: true,
  saysTooLittle: () => false,
}

/** The live list of what an address asks for. The search must not change while this lives: another search is another list. */
export const useDeliveryList = (search: DeliverySearch, onChange: () => void) => {
  const filter = useMemo(() => toFilter(search), [search])
  return useLiveList({
    key: JSON.stringify({ deliveries: filter }), read: useReadDeliveries(filter), rules: RULES, subscription: DeliveryList_Changed, variables: { filter }, onChange,
    item: ({ webhookDeliveryChanged }) => ({ ...webhookDeliveryChanged, ...itemOf(webhookDeliveryChanged) }),
  })
}

const useReadDeliveries = (filter: ReturnType<typeof toFilter>): ReadList<ListedDelivery> => {
  const client = useUncachedClient()
  return async after => {
    const { data, error } = await client.query(DeliveryList_Query, { filter, first: PAGE_SIZE, after }, { requestPolicy: 'network-only' }).toPromise()
    return data ? { page: pageOf(after, data.webhookDeliveries) } : { problem: whyUnread(error, 'Choose a state, an endpoint or a shorter time.') }
  }
}
