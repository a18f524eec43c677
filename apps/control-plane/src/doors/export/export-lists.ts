import {
  EXPORTED_AUDIT, EXPORTED_CAPS, EXPORTED_DELIVERIES, EXPORTED_ENDPOINTS, EXPORTED_FLOWS, EXPORTED_KINDS, EXPORTED_LANES, EXPORTED_OPERATIONS,
  EXPORTED_PRINCIPALS, EXPORTED_QUEUE, EXPORTED_SERVERS, EXPORTED_TOKENS, EXPORTED_WORKERS,
} from '../rest/documents.ts'
import { fieldsOf, stored, type Data, type StoredDocument } from '../rest/stored-document.ts'
import type { Fields } from '../rest/fields.ts'

/** A list that can be taken out whole. It is the query of the same name, page by page, for who asks. */
export interface ExportList {
  name: string
  what: string
  document: StoredDocument
  /** The parameters of the address: the query's arguments, with those of its filter. */
  query: Fields
  filter: Fields
  /** The way from the answer to its rows. */
  rows: string[]
  /** How many rows a page takes; null = the list comes whole, because it is never long. */
  pageSize: ((query: Data) => number) | null
}

// Few enough to be held at once with their errors; fewer where each row may be more than a megabyte.
const PAGE = 100
const HALF_PAGE = 50
const HEAVY_PAGE = 5

const paged = (name: string, what: string, text: string, pageSize: (query: Data) => number = () => PAGE): ExportList => {
  const document = stored(text)
  const { first: _first, after: _after, filter: hasFilter, ...own } = document.variables
  const filter = hasFilter ? fieldsOf(document, 'filter') : {}
  return { name, what, document, filter, query: { ...filter, ...own }, rows: ['list', 'edges', 'node'], pageSize }
}

const whole = (name: string, what: string, text: string): ExportList =>
  ({ name, what, document: stored(text), filter: {}, query: {}, rows: ['list'], pageSize: null })

export const EXPORT_LISTS: ExportList[] = [
  paged('flows', 'Flows that you may read', EXPORTED_FLOWS, ({ input, result }) => (input || result ? HEAVY_PAGE : PAGE)),
  paged('queue', 'The queue, in the order of the promoter', EXPORTED_QUEUE),
  paged('deliveries', 'Webhook deliveries of flows that you may read, newest first', EXPORTED_DELIVERIES, ({ attempts, body }) => (body ? HEAVY_PAGE : attempts ? HALF_PAGE : PAGE)),
  paged('endpoints', 'Webhook endpoints that you may read, without their secrets', EXPORTED_ENDPOINTS),
  paged('operations', 'Acts on many things at once, newest first', EXPORTED_OPERATIONS),
  paged('audit', 'The audit, newest first', EXPORTED_AUDIT),
  whole('lanes', 'Every lane, by name', EXPORTED_LANES),
  whole('workers', 'Live workers, and those lost lately', EXPORTED_WORKERS),
  whole('kinds', 'Every kind a worker ever registered', EXPORTED_KINDS),
  whole('caps', 'Every cap, with what is in use', EXPORTED_CAPS),
  whole('servers', 'The control planes that are up', EXPORTED_SERVERS),
  whole('principals', 'Everyone who may sign in', EXPORTED_PRINCIPALS),
  whole('tokens', 'Every token, without its secret', EXPORTED_TOKENS),
]
