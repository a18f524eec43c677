import { FLOW_STATUSES, type FlowStatus } from '@sluice/protocol'
import { catch as orElse, enum as oneOf, object, optional, pipe, string, transform, array, iso, type infer as Infer } from 'zod/mini'

export const LIST_ORDERS = ['CREATED_DESC', 'CREATED_ASC', 'FINISHED_DESC'] as const
export type ListOrder = (typeof LIST_ORDERS)[number]

// A name that stands once in an address is a text, one that is repeated a list of them.
const asList = (value: unknown): unknown[] | undefined => {
  const list = (Array.isArray(value) ? value : [value]).filter(one => one !== undefined && one !== '')
  return list.length > 0 ? [...new Set(list)] : undefined
}
const words = orElse(optional(pipe(transform(asList), optional(array(string())))), undefined)
const isStatus = (word: unknown): word is FlowStatus => FLOW_STATUSES.some(status => status === word)
const statuses = orElse(optional(pipe(transform((value: unknown) => asList(asList(value)?.filter(isStatus) ?? [])), optional(array(oneOf(FLOW_STATUSES))))), undefined)
const instant = orElse(optional(iso.datetime({ offset: true })), undefined)
const text = orElse(optional(string()), undefined)

/** The only filter state of the list of flows: its address. The names are those of FlowFilter and of the export. A value that nobody can mean is dropped. */
export const listSearch = object({
  status: statuses,
  lane: words, kind: words, label: words, owner: words,
  slotHeld: orElse(optional(oneOf(['true', 'false'])), undefined),
  createdAfter: instant, createdBefore: instant,
  text,
  order: orElse(optional(oneOf(LIST_ORDERS)), undefined),
})

export type ListSearch = Infer<typeof listSearch>

/** The names of the address that narrow the list. */
export const FILTERS = ['status', 'lane', 'kind', 'label', 'owner', 'slotHeld', 'createdAfter', 'createdBefore', 'text'] as const

/** What the address asks of the API. */
export const toFilter = ({ status, lane, kind, label, owner, slotHeld, createdAfter, createdBefore, text }: ListSearch) => given({
  status, lane, kind, label, owner, createdAfter, createdBefore, text, slotHeld: slotHeld === undefined ? undefined : slotHeld === 'true',
})

const given = <Fields extends object>(fields: Fields): Partial<Fields> => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>

export const isFiltered = (search: ListSearch): boolean => FILTERS.some(name => search[name] !== undefined)

/** Where all that the list shows, in its order, can be fetched as a file. */
export const exportAddress = (search: ListSearch, format: 'csv' | 'ndjson'): string => {
  const params = new URLSearchParams({ format, ...(search.order ? { orderBy: search.order } : {}) })
  for (const name of FILTERS) for (const value of [search[name] ?? []].flat()) params.append(name, value)
  return `/export/flows?${params}`
}
