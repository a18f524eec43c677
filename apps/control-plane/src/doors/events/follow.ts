import { GraphQLString, type GraphQLInputType } from 'graphql'
import type { Field } from '../rest/fields.ts'
import { Describer, type Components, type JsonSchema } from '../rest/json-schema.ts'
import type { Call, Route } from '../rest/route.ts'
import { follow, type Following, type StoredDocument } from '../rest/stored-document.ts'
import { respond } from '../respond.ts'
import { isOpen, openEventStream } from './event-stream.ts'

const RETRY_MS = 1000
const AFTER: Field = { type: GraphQLString as GraphQLInputType, description: 'Continue after this cursor; the header Last-Event-ID goes first.' }

export interface FollowedItem { kind: 'SNAPSHOT' | 'CHANGE' | 'END'; cursor: string; end: string | null }

interface Followed<Item extends FollowedItem> {
  /** A subscription with one field, `item`. */
  document: StoredDocument
  /** Of one that has ended the items end too, so that what follows the first one need not be waited for. */
  hasEnded(call: Call, first: Item): Promise<boolean> | boolean
  shown?(item: Item): object
}

/** A subscription about one flow as server-sent events. `id:` is its cursor, so a browser resumes by itself, on any server. */
export const followedRoute = <Item extends FollowedItem>(
  route: Pick<Route, 'path' | 'operationId' | 'summary' | 'description'> & { type: string }, followed: Followed<Item>, components: Components,
): Route => ({
  method: 'GET', path: route.path, operationId: route.operationId, summary: route.summary,
  description: `${route.description} Events \`snapshot\`, \`change\` and \`end\`; the data of each is one ${route.type}, and \`id:\` its cursor.`.trim(),
  query: { after: AFTER },
  headers: { 'Last-Event-ID': 'Continue after this cursor; browsers send it by themselves when they reconnect.' },
  successes: {
    200: { description: 'A snapshot, then changes, then the end and its reason.', content: { 'text/event-stream': itemOf(route.type, followed.document, components) } },
    204: { description: 'A reconnect (Last-Event-ID) after the last event of a flow that has ended: do not come again.' },
  },
  refusals: ['NOT_FOUND'],
  streams: true,
  run: (call) => run(call, followed),
})

const itemOf = (name: string, document: StoredDocument, components: Components): JsonSchema =>
  components.named(name, () => new Describer(components, document).at(document.operation, ['item']))

async function run<Item extends FollowedItem>(call: Call, followed: Followed<Item>): Promise<void> {
  const resumed = lastIdOf(call)
  const items = await follow(followed.document, { id: call.id, after: resumed ?? (call.query['after'] || null) }, call.ctx)
  try {
    await tell(call, { items, resumed: resumed !== undefined }, followed)
  } finally {
    await items.close()
  }
}

/** An empty one says nothing, as an empty `after` does here and in the lists. */
const lastIdOf = ({ request }: Call): string | undefined => String(request.headers['last-event-id'] ?? '') || undefined

async function tell<Item extends FollowedItem>(call: Call, { items, resumed }: { items: Following; resumed: boolean }, followed: Followed<Item>): Promise<void> {
  // Who left while it began will not close once more.
  if (!isOpen(call.response)) return
  call.response.once('close', () => void items.close())
  // Opened after all others were ended: nobody would end this one.
  if (call.stopping.aborted) return void call.response.destroy()
  const first = await nextOf<Item>(items)
  const second = resumed && first && (await followed.hasEnded(call, first)) ? await nextOf<Item>(items) : null
  // An EventSource connects again after every end but this one.
  if (second?.end === 'TERMINAL') return void respond(call.response, { status: 204 })
  await send(call, { head: [first, second], items }, followed.shown ?? ((item) => item))
}

async function send<Item extends FollowedItem>({ response, keepaliveMs }: Call, o: { head: (Item | null)[]; items: Following }, shown: (item: Item) => object): Promise<void> {
  const stream = openEventStream(response, { keepaliveMs, retryMs: RETRY_MS })
  const waiting = o.head.filter((item) => item !== null)
  for (let item = waiting.shift() ?? null; item !== null; item = waiting.shift() ?? await nextOf<Item>(o.items)) {
    if (!(await stream.send({ id: item.cursor, event: item.kind.toLowerCase(), data: shown(item) }))) break
  }
  stream.end()
}

async function nextOf<Item extends FollowedItem>(items: Following): Promise<Item | null> {
  const data = await items.next()
  return data === null ? null : (data['item'] as Item)
}
