import { DELIVERY_STATES, DELIVERY_TRIGGERS, LIVE_DELIVERY_STATES, WEBHOOK_EVENT_TYPES, type DeliveryState } from '@sluice/protocol'
import { object, type infer as Infer } from 'zod/mini'
import { given, instant, text, words, wordsOf } from '../address-words.ts'

/** The only filter state of the list of deliveries: its address. The names are those of WebhookDeliveryFilter. */
export const deliveryFilter = object({
  state: wordsOf(DELIVERY_STATES), endpoint: words, eventType: wordsOf(WEBHOOK_EVENT_TYPES), trigger: wordsOf(DELIVERY_TRIGGERS), flow: text,
  createdAfter: instant, createdBefore: instant,
})

export type DeliverySearch = Infer<typeof deliveryFilter>

/** The names of the address that narrow the list. */
const FILTERS = ['state', 'endpoint', 'eventType', 'trigger', 'flow', 'createdAfter', 'createdBefore'] as const satisfies (keyof DeliverySearch)[]

/** What the address asks of the API; what else stands in it does not. */
export const toFilter = (search: DeliverySearch): Partial<DeliverySearch> => given(Object.fromEntries(FILTERS.map(name => [name, search[name]])) as DeliverySearch)

export const isFiltered = (search: DeliverySearch): boolean => FILTERS.some(name => search[name] !== undefined)

/** How an attempt at delivering can end for good without a receiver that took it. */
export const FAILED_DELIVERY_STATES = ['EXHAUSTED', 'REJECTED', 'BLOCKED'] as const satisfies DeliveryState[]

/** The states as people ask for them. */
export const STATE_GROUPS: readonly { name: string; states: readonly DeliveryState[] | undefined }[] = [
  { name: 'All', states: undefined }, { name: 'Live', states: LIVE_DELIVERY_STATES }, { name: 'Delivered', states: ['DELIVERED'] },
  { name: 'Failed', states: FAILED_DELIVERY_STATES }, { name: 'Suppressed', states: ['SUPPRESSED'] },
]

/** Whether exactly these states are asked for, in whatever order. */
export const isAskedFor = (states: readonly DeliveryState[] | undefined, asked: readonly DeliveryState[] | undefined): boolean =>
  [...(states ?? [])].toSorted().join() === [...(asked ?? [])].toSorted().join()

/** Where all that the list shows can be fetched as a file, with every attempt where lines may be nested. */
export const exportAddress = (search: DeliverySearch, format: 'csv' | 'ndjson'): string => {
  const params = new URLSearchParams({ format, ...(format === 'ndjson' ? { attempts: 'true' } : {}) })
  for (const name of FILTERS) for (const value of [search[name] ?? []].flat()) params.append(name, value)
  return `/export/deliveries?${params}`
}
