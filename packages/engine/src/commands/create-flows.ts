/** T1: accepts flows into the queue. One transaction for the whole batch; each item is created, found by its idempotency key, or refused. */
import { Forbidden, IdempotencyKeyReused, InvalidInput, LaneClosed, LimitExceeded, MOVES, actorName, completeFlow, laneOf, newId, refuseNewFlow, requestHash } from '@sluice/domain'
import type { Actor, FlowDefaults, NewFlow, Refusal } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { LIMITS } from '@sluice/protocol'
import type { Deps, Outcome } from '../deps.ts'
import { refuseBySchema } from '../input-schema.ts'
import { writeOutbox } from '../outbox.ts'
import { insertFlows, moveKeys, readKeptFlows, readPlaces, takeKeys } from '../sql/create-sql.ts'
import type { FlowToInsert, KindRow, LaneRow, TakenKey } from '../sql/create-sql.ts'
import { namedEndpointsFor } from '../sql/endpoint-sql.ts'
import { refuseWebhookUrls, unnamedEndpoints } from '../webhooks/unnamed-endpoints.ts'

export interface CreateFlows {
  actor: Actor & { principalId: string }
  /** Whether the caller may give a priority above 0 itself. */
  mayPrioritize: boolean
  /** Whether the caller may create in this lane and of this kind (scopes of its token). */
  mayCreate(place: { lane: string; kind: string }): boolean
  items: NewFlow[]
  /** The trace that the request belongs to, as parseTraceParent gives it; the flows continue it. Default: none. */
  traceParent?: string | null
}

export interface CreatedFlow { flowId: string; created: boolean }

export async function createFlows(deps: Deps, cmd: CreateFlows): Promise<Outcome<CreatedFlow>[]> {
  if (cmd.items.length > LIMITS.itemsMax) {
    return cmd.items.map(() => new LimitExceeded(LIMITS.itemsMax, `A request takes at most ${LIMITS.itemsMax} items.`))
  }
  const urls = await refuseWebhookUrls(deps, cmd.items.flatMap(i => i.webhookUrl ?? []), ['webhookUrl'])
  return transact(deps.pool, async tx => {
    const drafts = await draft(tx, deps, cmd, urls)
    const results = await takeIdempotencyKeys(tx, deps, cmd, drafts)
    const flows = await withEndpoints(tx, deps, results.flatMap(r => ('insert' in r ? [r] : [])))
    if (flows.length > 0) await writeNewFlows(tx, deps, flows, actorName(cmd.actor))
    return results.map(r => ('insert' in r ? { flowId: r.insert.id, created: true } : r.answer))
  })
}

/** Rows, milestones, counts and what endpoints asked for, in one transaction. */
export async function writeNewFlows(tx: Tx, deps: Deps, flows: FlowToInsert[], actor: string): Promise<void> {
  const { at, wanted } = await insertFlows(tx, flows, actor)
  await writeOutbox(tx, deps, { facts: flows.map(flow => ({ flowId: flow.id, sequence: 1, type: MOVES.create.event, at })), wanted })
  tx.afterCommit(() => deps.wake.hint({ queue: true }))
}

/** Only of flows that are made: a repeated request makes no endpoint. */
async function withEndpoints(tx: Tx, deps: Deps, drafts: { insert: FlowToInsert; item: NewFlow }[]): Promise<FlowToInsert[]> {
  const [first] = drafts
  if (!first) return []
  const endpoints = await unnamedEndpoints(tx, deps, { principalId: first.insert.principalId, urls: drafts.flatMap(d => d.item.webhookUrl ?? []) })
  return drafts.map(({ insert, item }) => (item.webhookUrl ? { ...insert, webhookEndpointId: endpoints.get(item.webhookUrl) ?? null } : insert))
}

type Draft = { insert: FlowToInsert; item: NewFlow } | { answer: Outcome<CreatedFlow> }

/** Each item checked and filled in, before any key is taken: a refused request must not keep a key. */
async function draft(tx: Tx, deps: Deps, cmd: CreateFlows, refusedUrls: Map<string, Refusal>): Promise<Draft[]> {
  const places = await readPlaces(tx, { kinds: [...new Set(cmd.items.map(i => i.kind))], principalIds: [cmd.actor.principalId] })
  const kinds = new Map(places.kinds.map(k => [k.name, k]))
  const lanes = new Map(places.lanes.map(l => [l.name, l]))
  const capGroup = places.capped[0] ?? ''
  const asked = cmd.items.flatMap(i => i.webhookEndpointId ?? [])
  const endpoints = asked.length > 0 ? await namedEndpointsFor(tx, { principalId: cmd.actor.principalId, ids: asked }) : new Set<string>()
  return cmd.items.map(item => {
    const kind = kinds.get(item.kind)
    const refusal = refuseNewFlow(item, deps.settings.inputMaxBytes) ?? refusePlace(item, { cmd, kind, lanes }) ?? refuseBySchema(kind?.inputSchema ?? null, item.input ?? {}) ??
      (item.webhookUrl == null ? undefined : refusedUrls.get(item.webhookUrl)) ?? refuseEndpoint(item, endpoints)
    if (refusal) return { answer: refusal }
    const lane = lanes.get(laneOf(item, defaultsOf(kind)))
    const flow = completeFlow(item, { kindTitle: kind?.title ?? null, kind: defaultsOf(kind), lane: defaultsOf(lane), environment: deps.settings })
    return { item, insert: { ...flow, id: newId('flow'), principalId: cmd.actor.principalId, capGroup, retryOfId: null, traceParent: cmd.traceParent ?? null, webhookEndpointId: item.webhookEndpointId ?? null } }
  })
}

const refuseEndpoint = (item: NewFlow, known: Set<string>): Refusal | undefined =>
  item.webhookEndpointId && !known.has(item.webhookEndpointId)
    ? new InvalidInput(['webhookEndpointId'], `There is no webhook endpoint ${item.webhookEndpointId} with a name that covers your flows.`)
    : undefined

const defaultsOf = (place: { defaults: object } | undefined): FlowDefaults => (place?.defaults ?? {}) as FlowDefaults

function refusePlace(item: NewFlow, p: { cmd: CreateFlows; kind: KindRow | undefined; lanes: Map<string, LaneRow> }): Refusal | undefined {
  const name = laneOf(item, defaultsOf(p.kind))
  if (!p.cmd.mayCreate({ lane: name, kind: item.kind })) return new Forbidden(`You may not create flows of kind ${item.kind} in lane ${name}.`)
  if ((item.priority ?? 0) > 0 && !p.cmd.mayPrioritize) return new Forbidden('A priority above 0 needs the operator role; leave it out or give 0.')
  const lane = p.lanes.get(name)
  if (!lane) return new InvalidInput(['lane'], `${missing(item, { kind: p.kind, lane: name })}; an operator makes lanes (upsertLane).`)
  if (lane.state === 'DRAINING' || lane.state === 'DISABLED') return new LaneClosed(`Lane ${name} is ${lane.state.toLowerCase()} and accepts nothing new.`)
  return undefined
}

/** Who gave no lane has to hear where this one comes from. */
const missing = (item: NewFlow, { kind, lane }: { kind: KindRow | undefined; lane: string }): string =>
  item.lane || defaultsOf(kind).lane !== lane ? `There is no lane ${lane}` : `The kind ${item.kind} names lane ${lane}, which does not exist`

/** D-13. The first item with a key decides for its batch; a key that is taken answers with its flow while that did not end badly. */
async function takeIdempotencyKeys(tx: Tx, deps: Deps, cmd: CreateFlows, drafts: Draft[]): Promise<Draft[]> {
  const first = new Map<string, { hash: string; flowId: string }>()
  for (const d of drafts) {
    const key = 'insert' in d ? d.item.idempotencyKey : undefined
    if ('insert' in d && key && !first.has(key)) first.set(key, { hash: requestHash(d.item), flowId: d.insert.id })
  }
  if (first.size === 0) return drafts
  const keys = [...first].map(([key, f]) => ({ key, ...f }))
  const taken = await takeKeys(tx, { principalId: cmd.actor.principalId, keys, windowMs: deps.settings.idempotencyWindowMs })
  const kept = await stillTaken(tx, taken)
  await moveKeys(tx, cmd.actor.principalId, keys.filter(k => taken.some(t => t.key === k.key && !t.mine) && !kept.has(k.key)))
  return drafts.map(d => ('insert' in d ? byKey(d, first, kept) : d))
}

/** Keys whose earlier flow is within the window and did not end badly. */
async function stillTaken(tx: Tx, taken: TakenKey[]): Promise<Map<string, TakenKey>> {
  const others = taken.filter(t => !t.mine && t.withinWindow)
  const flows = others.length > 0 ? await readKeptFlows(tx, others.map(t => t.flowId)) : new Map()
  const blocking = ['QUEUED', 'RUNNING', 'WAITING', 'FINISHED']
  return new Map(others.filter(t => blocking.includes(flows.get(t.flowId) ?? '')).map(t => [t.key, t]))
}

function byKey(d: { insert: FlowToInsert; item: NewFlow }, first: Map<string, { hash: string; flowId: string }>, kept: Map<string, TakenKey>): Draft {
  const key = d.item.idempotencyKey
  if (!key) return d
  const owner = kept.get(key) ?? first.get(key)
  if (!owner || owner.flowId === d.insert.id) return d
  if (owner.hash === requestHash(d.item)) return { answer: { flowId: owner.flowId, created: false } }
  return { answer: new IdempotencyKeyReused(`The idempotency key ${key} belongs to flow ${owner.flowId}, which was created with another input.`) }
}
