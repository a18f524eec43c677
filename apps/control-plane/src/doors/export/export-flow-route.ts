import { NotFound } from '@sluice/domain'
import {
  EXPORTED_ATTEMPTS, EXPORTED_EVENTS, EXPORTED_FLOW, EXPORTED_FLOW_DELIVERIES, EXPORTED_INPUTS, EXPORTED_WAITPOINTS,
} from '../rest/documents.ts'
import { withUrl } from '../rest/flow-url.ts'
import { Describer, type Components, type JsonSchema } from '../rest/json-schema.ts'
import type { Call, Route } from '../rest/route.ts'
import { ask, stored, type Data, type StoredDocument } from '../rest/stored-document.ts'
import { pagesOf, partsOf } from './export-pages.ts'
import { writeExport, type Piece } from './export-stream.ts'

const FLOW = stored(EXPORTED_FLOW)

/** What belongs to a flow and may be much: each is written as it is read. */
interface Part { name: string; document: StoredDocument; what: string; rows: string[]; pages(call: Call, document: StoredDocument): AsyncIterable<Data[]> }

const WAY = ['flow', 'list']
const connection = (name: string, text: string, what: string): Part => ({
  name, document: stored(text), what, rows: [...WAY, 'edges', 'node'],
  pages: (call, document) => pagesOf(call, { document, variables: { id: call.id }, way: WAY, size: 100 }),
})
/** size: so many of them are a few megabytes at most. */
const list = (name: string, text: string, { what, size }: { what: string; size: number }): Part => ({
  name, document: stored(text), what, rows: WAY, pages: (call, document) => partsOf(call, { document, variables: { id: call.id }, way: WAY, size }),
})

const PARTS: Part[] = [
  connection('events', EXPORTED_EVENTS, 'What happened to it, first to last.'),
  connection('attempts', EXPORTED_ATTEMPTS, 'Its attempts, first to last.'),
  connection('deliveries', EXPORTED_FLOW_DELIVERIES, 'Who was told of it, with every attempt to deliver that; newest first.'),
  list('inputs', EXPORTED_INPUTS, { what: 'What was added to it while it was queued, oldest first; also what was taken back.', size: 5 }),
  list('waitpoints', EXPORTED_WAITPOINTS, { what: 'What it asked and what was answered, the first made first; without tokens.', size: 20 }),
]

/** GET /export/flows/{id}: a flow with all that belongs to it. */
export const exportFlowRoute = (components: Components): Route => ({
  method: 'GET', path: '/export/flows/{id}', operationId: 'exportFlow', query: {},
  summary: 'One flow with its events, attempts, deliveries, inputs and waits, as one JSON object.',
  successes: { 200: { description: 'The flow. One that is cut is no JSON.', content: { 'application/json': components.named('ExportedFlow', () => schemaOf(components)) } } },
  refusals: ['NOT_FOUND'],
  streams: true,
  run: (call) => writeExport(call, {
    type: 'application/json; charset=utf-8', fileName: `${call.id}.json`, pieces: flowPieces(call), lastText: (end) => (end === 'COMPLETE' ? ']}\n' : ''),
  }),
})

function schemaOf(components: Components): JsonSchema {
  const itemOf = (document: StoredDocument, way: string[]): JsonSchema => new Describer(components, document).at(document.operation, way)
  return {
    type: 'object', required: ['flow', ...PARTS.map(({ name }) => name)], additionalProperties: false,
    properties: {
      flow: itemOf(FLOW, ['flow']),
      ...Object.fromEntries(PARTS.map(({ name, document, what, rows }) => [name, { type: 'array', items: itemOf(document, rows), description: what }])),
    },
  }
}

async function* flowPieces(call: Call): AsyncGenerator<Piece, void> {
  const { flow } = await ask(FLOW, { id: call.id }, call.ctx)
  if (flow === null) throw NotFound.of('flow', call.id)
  let before = `{"flow":${JSON.stringify(withUrl(flow as { id: string }))},`
  let rows = 1
  for (const part of PARTS) {
    yield { text: `${before}"${part.name}":[`, rows }
    yield* elements(part.pages(call, part.document))
    before = '],'
    rows = 0
  }
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
