import { GraphQLString, type GraphQLInputType } from 'graphql'
import { FLOW_EVENTS } from '../rest/documents.ts'
import type { Field } from '../rest/fields.ts'
import { withUrl } from '../rest/flow-url.ts'
import { Describer, type Components } from '../rest/json-schema.ts'
import type { Call, Route } from '../rest/route.ts'
import { follow, stored, type Following } from '../rest/stored-document.ts'
import { respond } from '../respond.ts'
import { isOpen, openEventStream } from './event-stream.ts'

const EVENTS = stored(FLOW_EVENTS)
const RETRY_MS = 1000
const AFTER: Field = { type: GraphQLString as GraphQLInputType, description: 'Continue after this cursor; the header Last-Event-ID goes first.' }

interface Item { kind: 'SNAPSHOT' | 'CHANGE' | 'END'; cursor: string; end: string | null; flow: { id: string; isTerminal: boolean } | null }

/** GET /flows/{id}/events: the subscription flowEvents as server-sent events. `id:` is its cursor, so a browser resumes by itself, on any server. */
export const flowEventsRoute = (components: Components): Route => ({
  method: 'GET', path: '/flows/{id}/events', operationId: 'followFlow', summary: 'What happens to one flow, as server-sent events, up to its end.',
  description: 'Events `snapshot`, `change` and `end`; the data of each is one FlowEventItem, and `id:` its cursor.',
  query: { after: AFTER },
  headers: { 'Last-Event-ID': 'Continue after this cursor; browsers send it by themselves when they reconnect.' },
  successes: {
    200: { description: 'A snapshot, then changes, then the end and its reason.', content: { 'text/event-stream': itemOf(components) } },
    204: { description: 'A reconnect (Last-Event-ID) after the last event of a flow that has ended: do not come again.' },
  },
  refusals: ['NOT_FOUND'],
  streams: true,
  run: followFlow,
})

async function followFlow(call: Call): Promise<void> {
  const resumed = lastIdOf(call)
  const items = await follow(EVENTS, { id: call.id, after: resumed ?? (call.query['after'] || null) }, call.ctx)
  try {
    await tell(call, items, resumed)
  } finally {
    await items.close()
  }
}

/** An empty one says nothing, as an empty `after` does here and in the lists. */
const lastIdOf = ({ request }: Call): string | undefined => String(request.headers['last-event-id'] ?? '') || undefined

async function tell(call: Call, items: Following, resumed: string | undefined): Promise<void> {
  // Who left while it began will not close once more.
  if (!isOpen(call.response)) return
  call.response.once('close', () => void items.close())
  // Opened after all others were ended: nobody would end this one.
  if (call.stopping.aborted) return void call.response.destroy()
  const first = await nextOf(items)
  const second = resumed !== undefined && first?.flow?.isTerminal ? await nextOf(items) : undefined
  // An EventSource connects again after every end but this one.
  if (second?.end === 'TERMINAL') return void respond(call.response, { status: 204 })
  await send(call, [first, second ?? null], items)
}

async function send({ response, keepaliveMs }: Call, head: (Item | null)[], items: Following): Promise<void> {
  const stream = openEventStream(response, { keepaliveMs, retryMs: RETRY_MS })
  const waiting = head.filter((item) => item !== null)
  for (let item = waiting.shift() ?? null; item !== null; item = waiting.shift() ?? await nextOf(items)) {
    const open = await stream.send({ id: item.cursor, event: item.kind.toLowerCase(), data: { ...item, flow: item.flow && withUrl(item.flow) } })
    if (!open) break
  }
  stream.end()
}

async function nextOf(items: Following): Promise<Item | null> {
  const data = await items.next()
  return data === null ? null : (data['item'] as Item)
}

const itemOf = (components: Components) => components.named('FlowEventItem', () => new Describer(components, EVENTS).at(EVENTS.operation, ['item']))
