import { NotFound } from '@sluice/domain'
import { GraphQLEnumType, type GraphQLInputType } from 'graphql'
import { EXPORTED_ATTEMPTS, EXPORTED_EVENTS, EXPORTED_FLOW } from '../rest/documents.ts'
import { withUrl } from '../rest/flow-url.ts'
import { Describer, type Components, type JsonSchema } from '../rest/json-schema.ts'
import type { Call, Route } from '../rest/route.ts'
import { ask, stored, type Data, type StoredDocument } from '../rest/stored-document.ts'
import { cellsOf, csvRecord, type Column } from './csv.ts'
import { EXPORT_LISTS, type ExportList } from './export-lists.ts'
import { writeExport, type ExportEnd, type Piece } from './export-stream.ts'
import { columnsOf } from './export-columns.ts'

const FORMAT = {
  type: new GraphQLEnumType({ name: 'ExportFormat', values: { ndjson: {}, csv: {} }, description: 'ndjson: a JSON object per line. csv: RFC 4180, with a header.' }) as GraphQLInputType,
  description: 'ndjson (when absent) or csv.',
}

/** GET /export/…: every list by the filter of its query, and one flow with all that belongs to it. */
export const exportRoutes = (components: Components): Route[] => [...EXPORT_LISTS.map((list) => listRoute(list, components)), flowRoute(components)]

const listRoute = (list: ExportList, components: Components): Route => ({
  method: 'GET', path: `/export/${list.name}`, operationId: `export${capital(list.name)}`, summary: `${list.what}, as a file.`,
  description: 'Ends with the trailers Export-End: COMPLETE and Export-Rows, as NDJSON also with the line {"end":"COMPLETE","rows":n}; one that is cut breaks the connection.',
  query: { format: FORMAT, ...list.query },
  successes: { 200: { description: 'The rows.', content: { 'application/x-ndjson': rowOf(list, components), 'text/csv': { type: 'string' } } } },
  refusals: list.name === 'flows' ? ['LIMIT_EXCEEDED'] : [],
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
  for await (const page of pagesOf(call, { document: list.document, variables: variablesOf(query, list), way: ['list'], size: list.pageSize?.(query) ?? null })) {
    if (page.length > 0) yield { text: page.map(textOf).join(''), rows: page.length }
  }
}

function variablesOf(query: Data, { filter }: ExportList): Data {
  const all = Object.entries(query)
  const inFilter = all.filter(([name]) => Object.hasOwn(filter, name))
  return { ...Object.fromEntries(all.filter(([name]) => !Object.hasOwn(filter, name))), ...(inFilter.length > 0 ? { filter: Object.fromEntries(inFilter) } : {}) }
}

interface Pages { document: StoredDocument; variables: Data; way: string[]; size: number | null }
interface Connection { edges: { node: Data }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }

/** A list, page by page; the next one is asked for when this one was taken. */
async function* pagesOf(call: Call, { document, variables, way, size }: Pages): AsyncGenerator<Data[], void> {
  let after: string | null = null
  do {
    const page = size === null ? {} : { first: Math.min(size, call.ctx.pages.max), after }
    const found = follow(await ask(document, { ...variables, ...page }, call.ctx), way)
    if (size === null) return yield found as unknown as Data[]
    const { edges, pageInfo } = found as unknown as Connection
    yield edges.map(({ node }) => node)
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null
  } while (after !== null)
}

function follow(data: Data, way: string[]): Data {
  return way.reduce<Data>((value, step) => {
    const next = value[step]
    // A flow that is deleted while it is written.
    if (next === null) throw new NotFound('It is gone.')
    return next as Data
  }, data)
}

const rowOf = ({ document, rows }: ExportList, components: Components): JsonSchema => new Describer(components, document).at(document.operation, rows)

const capital = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`

const FLOW = stored(EXPORTED_FLOW)
const EVENTS = stored(EXPORTED_EVENTS)
const ATTEMPTS = stored(EXPORTED_ATTEMPTS)
const PAGE = 100

function flowRoute(components: Components): Route {
  const partOf = (document: StoredDocument, way: string[]): JsonSchema => new Describer(components, document).at(document.operation, way)
  return {
    method: 'GET', path: '/export/flows/{id}', operationId: 'exportFlow', summary: 'One flow with its events and attempts, as one JSON object.', query: {},
    successes: { 200: { description: 'The flow. One that is cut is no JSON.', content: { 'application/json': components.named('ExportedFlow', () => ({
      type: 'object', required: ['flow', 'events', 'attempts'], additionalProperties: false,
      properties: {
        flow: partOf(FLOW, ['flow']),
        events: { type: 'array', items: partOf(EVENTS, ['flow', 'list', 'edges', 'node']), description: 'What happened to it, first to last.' },
        attempts: { type: 'array', items: partOf(ATTEMPTS, ['flow', 'list', 'edges', 'node']), description: 'Its attempts, first to last.' },
      },
    })) } } },
    refusals: ['NOT_FOUND'],
    streams: true,
    run: (call) => writeExport(call, {
      type: 'application/json; charset=utf-8', fileName: `${call.id}.json`, pieces: flowPieces(call), lastText: (end) => (end === 'COMPLETE' ? ']}\n' : ''),
    }),
  }
}

async function* flowPieces(call: Call): AsyncGenerator<Piece, void> {
  const { flow } = await ask(FLOW, { id: call.id }, call.ctx)
  if (flow === null) throw NotFound.of('flow', call.id)
  yield { text: `{"flow":${JSON.stringify(withUrl(flow as { id: string }))},"events":[`, rows: 1 }
  yield* elements(pagesOf(call, { document: EVENTS, variables: { id: call.id }, way: ['flow', 'list'], size: PAGE }))
  yield { text: '],"attempts":[', rows: 0 }
  yield* elements(pagesOf(call, { document: ATTEMPTS, variables: { id: call.id }, way: ['flow', 'list'], size: PAGE }))
}

async function* elements(pages: AsyncIterable<Data[]>): AsyncGenerator<Piece, void> {
  let before = ''
  for await (const page of pages) {
    for (const one of page) {
      yield { text: `${before}\n${JSON.stringify(one)}`, rows: 0 }
      before = ','
    }
  }
}
