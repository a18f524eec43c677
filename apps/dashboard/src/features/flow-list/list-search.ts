import { FLOW_STATUSES } from '@sluice/protocol'
import { object, type infer as Infer } from 'zod/mini'
import { given, instant, text, wordOf, words, wordsOf } from '../address-words.ts'

export const LIST_ORDERS = ['CREATED_DESC', 'CREATED_ASC', 'FINISHED_DESC'] as const
export type ListOrder = (typeof LIST_ORDERS)[number]

/** The only filter state of the list of flows: its address. The names are those of FlowFilter and of the export. A value that nobody can mean is dropped. */
export const listSearch = object({
  status: wordsOf(FLOW_STATUSES),
  lane: words, kind: words, label: words, owner: words,
  slotHeld: wordOf(['true', 'false']),
  createdAfter: instant, createdBefore: instant,
  text,
  order: wordOf(LIST_ORDERS),
})

export type ListSearch = Infer<typeof listSearch>

/** The names of the address that narrow the list. */
export const FILTERS = ['status', 'lane', 'kind', 'label', 'owner', 'slotHeld', 'createdAfter', 'createdBefore', 'text'] as const

/** What the address asks of the API. */
export const toFilter = ({ status, lane, kind, label, owner, slotHeld, createdAfter, createdBefore, text }: ListSearch) => given({
  status, lane, kind, label, owner, createdAfter, createdBefore, text, slotHeld: slotHeld === undefined ? undefined : slotHeld === 'true',
})

export const isFiltered = (search: ListSearch): boolean => FILTERS.some(name => search[name] !== undefined)

/** Where all that the list shows, in its order, can be fetched as a file. */
export const exportAddress = (search: ListSearch, format: 'csv' | 'ndjson'): string => {
  const params = new URLSearchParams({ format, ...(search.order ? { orderBy: search.order } : {}) })
  for (const name of FILTERS) for (const value of [search[name] ?? []].flat()) params.append(name, value)
  return `/export/flows?${params}`
}
