/** D-6: terminal is final, so a retry is a new flow with the same input (or another), linked to the old one, with no idempotency key. */
import { Conflict, LaneClosed, NotFound, actorName, newId, refuseJson } from '@sluice/domain'
import type { FlowDefaults, FlowFacts, Refusal } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { isTerminal } from '@sluice/protocol'
import type { Json } from '@sluice/protocol'
import { accessRefusal } from '../deps.ts'
import type { Caller, Deps, Outcome } from '../deps.ts'
import { refuseBySchema } from '../input-schema.ts'
import { writeAudit } from '../sql/audit-sql.ts'
import { readPlaces } from '../sql/create-sql.ts'
import type { FlowToInsert } from '../sql/create-sql.ts'
import { writeNewFlows } from './create-flows.ts'
import { FLOW_FACTS } from '../sql/flow-facts-sql.ts'

interface RetryItem { id: string; input?: Json | undefined }
type Original = FlowFacts & Pick<FlowToInsert, 'title' | 'input' | 'labels' | 'queueTtlSeconds' | 'attemptTimeoutSeconds' | 'webhookEndpointId'>
/** mayPrioritize: whether the caller may give a priority above 0 itself; without it the new flow has the default of its kind or lane. */
export interface RetryFlows {
  caller: Caller
  mayPrioritize?: boolean | undefined
  items: RetryItem[]
  /** As of CreateFlows: the new flows belong to the trace of this request, not to that of the old ones. */
  traceParent?: string | null
}
type Draft = { insert: FlowToInsert } | { refusal: Refusal }

/** Answers the new flows' ids. The owner stays; the delay and deadline of the old one do not, a default deadline counts anew. */
export async function retryFlows(deps: Deps, cmd: RetryFlows): Promise<Outcome<{ flowId: string }>[]> {
  return transact(deps.pool, async tx => {
    const originals = await readOriginals(tx, cmd.items.map(i => i.id))
    const drafts = await draftAll(tx, deps, cmd, originals)
    const flows = drafts.flatMap(d => ('insert' in d ? [d.insert] : []))
    if (flows.length > 0) {
      await writeNewFlows(tx, deps, flows, actorName(cmd.caller.actor))
      await writeAudit(tx, cmd.caller.actor, flows.map(f => ({ action: 'retryFlow', target: f.retryOfId, reason: null, before: null, after: { newFlow: f.id } })))
    }
    return drafts.map(d => ('insert' in d ? { flowId: d.insert.id } : d.refusal))
  })
}

async function readOriginals(tx: Tx, ids: string[]): Promise<Map<string, Original>> {
  const rows = await tx.rows<Original & Record<string, unknown>>(
    'readOriginals',
    `SELECT ${FLOW_FACTS}, f.title, f.input, f.labels, f.queue_ttl_seconds AS "queueTtlSeconds", f.attempt_timeout_seconds AS "attemptTimeoutSeconds",
            f.webhook_endpoint_id AS "webhookEndpointId"
       FROM flow f WHERE f.id = ANY($1::text[])`,
    [ids],
  )
  return new Map(rows.map(row => [row.id, row]))
}

async function draftAll(tx: Tx, deps: Deps, cmd: RetryFlows, originals: Map<string, Original>): Promise<Draft[]> {
  const owned = [...originals.values()]
  const places = await readPlaces(tx, { kinds: [...new Set(owned.map(f => f.kind))], principalIds: [...new Set(owned.map(f => f.principalId))] })
  return cmd.items.map(item => {
    const flow = originals.get(item.id)
    const denied = accessRefusal(cmd.caller, item.id, flow)
    if (denied || !flow) return { refusal: denied ?? NotFound.of('flow', item.id) }
    if (!isTerminal(flow.status)) return { refusal: new Conflict(`Flow ${flow.id} has not ended (${flow.status}); only an ended flow is retried.`) }
    const lane = places.lanes.find(l => l.name === flow.lane)
    if (lane?.state === 'DRAINING' || lane?.state === 'DISABLED') return { refusal: new LaneClosed(`Lane ${flow.lane} is ${lane.state.toLowerCase()} and accepts nothing new.`) }
    const input = item.input === undefined ? flow.input : item.input
    const kind = places.kinds.find(k => k.name === flow.kind)
    const schema = kind?.inputSchema ?? null
    const byDefault = priorityOf(kind) ?? priorityOf(lane) ?? 0
    const refusal = refuseJson(['input'], input, { maxBytes: deps.settings.inputMaxBytes, what: 'input' }) ?? refuseBySchema(schema, input)
    return refusal ? { refusal } : { insert: again(flow, {
      input, capped: places.capped, deadlineInMs: deps.settings.flowDeadlineMs,
      traceParent: cmd.traceParent ?? null, priority: cmd.mayPrioritize ? flow.priority : Math.min(flow.priority, byDefault),
    }) }
  })
}

const priorityOf = (place: { defaults: object } | undefined): number | undefined => (place?.defaults as FlowDefaults | undefined)?.priority

interface Again { input: Json; capped: string[]; deadlineInMs: number | null; priority: number; traceParent: string | null }

const again = (flow: Original, o: Again): FlowToInsert => ({
  id: newId('flow'), kind: flow.kind, title: flow.title, lane: flow.lane, labels: flow.labels, input: o.input, priority: o.priority,
  principalId: flow.principalId, capGroup: o.capped.includes(flow.principalId) ? flow.principalId : '', retryOfId: flow.id,
  notBefore: null, deadlineAt: null, deadlineInMs: o.deadlineInMs, queueTtlSeconds: flow.queueTtlSeconds, maxAttempts: flow.maxAttempts, onLeaseLost: flow.onLeaseLost,
  attemptTimeoutSeconds: flow.attemptTimeoutSeconds, traceParent: o.traceParent, webhookEndpointId: flow.webhookEndpointId,
})
