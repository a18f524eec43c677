import { NotFound } from '@sluice/domain'
import { EXPORTED_ATTEMPTS, EXPORTED_EVENTS, EXPORTED_FLOW, EXPORTED_FLOW_DELIVERIES } from '../rest/documents.ts'
import { withUrl } from '../rest/flow-url.ts'
import { Describer, type Components, type JsonSchema } from '../rest/json-schema.ts'
import type { Call, Route } from '../rest/route.ts'
import { ask, stored, type Data, type StoredDocument } from '../rest/stored-document.ts'
import { pagesOf } from './export-pages.ts'
import { writeExport, type Piece } from './export-stream.ts'

const FLOW = stored(EXPORTED_FLOW)
const EVENTS = stored(EXPORTED_EVENTS)
const ATTEMPTS = stored(EXPORTED_ATTEMPTS)
const DELIVERIES = stored(EXPORTED_FLOW_DELIVERIES)
const PAGE = 100

/** GET /export/flows/{id}: a flow with all that belongs to it. Its events, attempts and deliveries may be many, so they are written as they are read. */
export function exportFlowRoute(components: Components): Route {
  const partOf = (document: StoredDocument, way: string[]): JsonSchema => new Describer(components, document).at(document.operation, way)
  return {
    method: 'GET', path: '/export/flows/{id}', operationId: 'exportFlow', summary: 'One flow with its events, attempts and deliveries, as one JSON object.', query: {},
    successes: { 200: { description: 'The flow. One that is cut is no JSON.', content: { 'application/json': components.named('ExportedFlow', () => ({
      type: 'object', required: ['flow', 'events', 'attempts', 'deliveries'], additionalProperties: false,
      properties: {
        flow: partOf(FLOW, ['flow']),
        events: { type: 'array', items: partOf(EVENTS, ['flow', 'list', 'edges', 'node']), description: 'What happened to it, first to last.' },
        attempts: { type: 'array', items: partOf(ATTEMPTS, ['flow', 'list', 'edges', 'node']), description: 'Its attempts, first to last.' },
        deliveries: {
          type: 'array', items: partOf(DELIVERIES, ['flow', 'list', 'edges', 'node']), description: 'Who was told of it, with every attempt to deliver that; newest first.',
        },
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
  yield { text: '],"deliveries":[', rows: 0 }
  yield* elements(pagesOf(call, { document: DELIVERIES, variables: { id: call.id }, way: ['flow', 'list'], size: PAGE }))
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
