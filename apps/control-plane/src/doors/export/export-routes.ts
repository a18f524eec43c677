import { GraphQLEnumType, type GraphQLInputType } from 'graphql'
import type { Field } from '../rest/fields.ts'
import { Describer, type Components, type JsonSchema } from '../rest/json-schema.ts'
import type { Call, Route } from '../rest/route.ts'
import type { Data } from '../rest/stored-document.ts'
import { cellsOf, csvRecord, type Column } from './csv.ts'
import { columnsOf } from './export-columns.ts'
import { exportFlowRoute } from './export-flow-route.ts'
import { EXPORT_LISTS, type ExportList } from './export-lists.ts'
import { pagesOf } from './export-pages.ts'
import { writeExport, type ExportEnd, type Piece } from './export-stream.ts'

const FORMATS = new GraphQLEnumType({
  name: 'ExportFormat', description: 'How a list is written.',
  values: { ndjson: { description: 'A JSON object per line.' }, csv: { description: 'RFC 4180, with a header.' } },
})
const FORMAT: Field = { type: FORMATS as GraphQLInputType, description: 'ndjson when absent.' }

const ENDING = 'Ends with the trailers Export-End: COMPLETE and Export-Rows, as NDJSON also with the line {"end":"COMPLETE","rows":n}; ' +
  'one that is cut breaks the connection.'

/** GET /export/…: every list by the filter of its query, and one flow with all that belongs to it. */
export const exportRoutes = (components: Components): Route[] => [...EXPORT_LISTS.map((list) => listRoute(list, components)), exportFlowRoute(components)]

/** Lists whose filter may take longer than two seconds. */
const BOUNDED = ['flows', 'deliveries']

const listRoute = (list: ExportList, components: Components): Route => ({
  method: 'GET', path: `/export/${list.name}`, operationId: `export${capital(list.name)}`, summary: `${list.what}, as a file.`,
  description: ENDING,
  query: { format: FORMAT, ...list.query },
  successes: { 200: { description: 'The rows.', content: { 'application/x-ndjson': rowOf(list, components), 'text/csv': { type: 'string' } } } },
  refusals: BOUNDED.includes(list.name) ? ['LIMIT_EXCEEDED'] : [],
  streams: true,
  run: (call) => (call.query['format'] === 'csv' ? writeCsv(call, list) : writeNdjson(call, list)),
})

const writeNdjson = (call: Call, list: ExportList): Promise<void> => writeExport(call, {
  type: 'application/x-ndjson; charset=utf-8', fileName: `${list.name}.ndjson`,
  pieces: piecesOf(call, list, (row) => `${JSON.stringify(row)}\n`),
  lastText: (end: ExportEnd, rows: number) => `${JSON.stringify({ end, rows })}\n`,
})

function writeCsv(call: Call, list: ExportList): Promise<void> {
  const columns = columnsOf(list.document, list.rows, call.query)
  return writeExport(call, {
    type: 'text/csv; charset=utf-8; header=present', fileName: `${list.name}.csv`,
    pieces: withHeader(columns, piecesOf(call, list, (row) => csvRecord(cellsOf(row, columns)))),
    lastText: () => '',
  })
}

/** The header goes with the first rows, so that what refuses them refuses it. */
async function* withHeader(columns: Column[], pieces: AsyncIterableIterator<Piece>): AsyncGenerator<Piece, void> {
  const header = csvRecord(columns.map((column) => column.join('.')))
  const first = await pieces.next()
  if (first.done) return yield { text: header, rows: 0 }
  yield { text: header + first.value.text, rows: first.value.rows }
  yield* pieces
}

async function* piecesOf(call: Call, list: ExportList, textOf: (row: Data) => string): AsyncGenerator<Piece, void> {
  const { format: _format, ...query } = call.query
  const pages = pagesOf(call, { document: list.document, variables: variablesOf(query, list), way: ['list'], size: list.pageSize?.(query) ?? null })
  for await (const page of pages) {
    if (page.length > 0) yield { text: page.map(textOf).join(''), rows: page.length }
  }
}

function variablesOf(query: Data, { filter }: ExportList): Data {
  const all = Object.entries(query)
  const inFilter = all.filter(([name]) => Object.hasOwn(filter, name))
  const own = Object.fromEntries(all.filter(([name]) => !Object.hasOwn(filter, name)))
  return inFilter.length > 0 ? { ...own, filter: Object.fromEntries(inFilter) } : own
}

const rowOf = ({ document, rows }: ExportList, components: Components): JsonSchema => new Describer(components, document).at(document.operation, rows)

const capital = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`
