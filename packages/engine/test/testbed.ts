/** An engine on a database of its own, with one owner and one worker that handles kind "work". Two beds on one url are two processes. */
import { newId } from '@sluice/domain'
import type { Actor, NewFlow } from '@sluice/domain'
import { named, openPool } from '@sluice/db'
import type { Named } from '@sluice/db'
import type { FlowPhase, FlowStatus, LeaseRef } from '@sluice/protocol'
import { cloneDatabase } from '@sluice/testkit/db'
import { DEFAULT_SETTINGS, claimFlows, createFlows, createToken, openEngine, registerWorker, startFlows } from '../src/index.ts'
import { openKeyring } from '../src/index.ts'
import type { Caller, Deps, Engine, EngineObserver, EngineSettings, WebhookDeps } from '../src/index.ts'

export interface Bed extends AsyncDisposable {
  url: string
  deps: Deps
  engine: Engine
  db: Named
  owner: Actor & { principalId: string }
  caller: Caller
  workerActor: Actor & { principalId: string }
  workerId: string
  create(count?: number, item?: Partial<NewFlow>): Promise<string[]>
  claim(max?: number, o?: { waitMs?: number; workerId?: string; requestId?: string }): Promise<LeaseRef[]>
  /** Claims and reports started. */
  work(max?: number): Promise<LeaseRef[]>
  register(o?: Partial<Parameters<typeof registerWorker>[1]>): Promise<string>
  flow(id: string): Promise<FlowRow>
  events(id: string): Promise<{ sequence: number; type: string; status: FlowStatus; phase: FlowPhase | null; actor: string; payload: Record<string, unknown> }[]>
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
}

export interface FlowRow {
  id: string; status: FlowStatus; phase: FlowPhase | null; terminal_reason: string | null; epoch: number; retries_used: number; lost_starts: number; over_cap: boolean
  slot_held: boolean; queue_class: string | null; not_before: Date | null; order_at: Date; queued_at: Date; started_at: Date | null; finished_at: Date | null
  current_attempt: number | null; result: unknown; error: { code: string } | null; last_sequence: number; priority: number; rank: number; held_at: Date | null; pinned_at: Date | null
  principal_id: string; cap_group: string; deadline_at: Date | null; retry_of_id: string | null; input: unknown; title: string; lane: string; labels: unknown; deleted_at: Date | null
}

/** Two beds on one database have one key. Every URL is taken: the address policy has tests of its own. */
const WEBHOOKS: WebhookDeps = {
  keys: openKeyring([Buffer.alloc(32, 7)]), ownSecrets: [`whsec_${Buffer.alloc(32, 8).toString('base64')}`], publicUrl: () => 'http://sluice.test', refuseUrl: async () => null,
}

export async function testbed(o: { settings?: Partial<EngineSettings>; url?: string; name?: string; observe?: EngineObserver; webhooks?: Partial<WebhookDeps> } = {}): Promise<Bed> {
  const clone = o.url ? undefined : await cloneDatabase()
  const url = o.url ?? clone?.url ?? ''
  const pool = openPool({ url, max: 8, log: () => undefined })
  const name = o.name ?? newId('server')
  const settings = { ...DEFAULT_SETTINGS, sweepPromoterMs: 60_000, ...o.settings }
  const engine = await openEngine({ pool, settings, transport: null, process: { id: name, version: 'test', roles: ['api'] }, log: () => undefined, dice: () => 0.5, ...(o.observe && { observe: o.observe }), webhooks: { ...WEBHOOKS, ...o.webhooks } })
  await engine.startApi()
  const principal = async (role: 'ADMIN' | 'WORKER'): Promise<Actor & { principalId: string }> => {
    const token = await createToken(pool, { actor: { kind: 'system', principalId: null }, name: `${role}-${name}`.toLowerCase().replaceAll('_', '-'), role })
    if (token instanceof Error) throw token
    return { kind: 'principal', principalId: token.principalId }
  }
  const [owner, workerActor] = [await principal('ADMIN'), await principal('WORKER')]
  const db = named(pool)
  const { deps } = engine
  const bed = {
    url, deps, engine, db, owner, workerActor, caller: { actor: owner, access: () => 'allow' as const },
    workerId: '',
    create: async (count = 1, item: Partial<NewFlow> = {}) => {
      const made = await createFlows(deps, { actor: owner, mayPrioritize: true, mayCreate: () => true, items: Array.from({ length: count }, () => ({ kind: 'work', ...item })) })
      return made.map(m => { if (m instanceof Error) throw m; return m.flowId })
    },
    register: async (r: Partial<Parameters<typeof registerWorker>[1]> = {}) => {
      const worker = await registerWorker(deps, { actor: workerActor, instanceId: newId('server'), name: 'bed', kinds: [{ name: 'work' }], lanes: [], capacity: 1000, ...r })
      if (worker instanceof Error) throw worker
      return worker.workerId
    },
    claim: async (max = 1, c: { waitMs?: number; workerId?: string; requestId?: string } = {}) => {
      const answer = await claimFlows(deps, { actor: workerActor, workerId: c.workerId ?? bed.workerId, max, waitMs: c.waitMs ?? 0, requestId: c.requestId ?? newId('server') })
      if (answer instanceof Error) throw answer
      return answer.claims
    },
    work: async (max = 1) => {
      const leases = await bed.claim(max, { waitMs: 1000 })
      for (const started of await startFlows(deps, { actor: workerActor, items: leases.map(lease => ({ lease })) })) if (started instanceof Error) throw started
      return leases
    },
    flow: async (id: string) => (await bed.sql('SELECT * FROM flow WHERE id = $1', [id]))[0] as unknown as FlowRow,
    events: async (id: string) => (await bed.sql('SELECT * FROM flow_event WHERE flow_id = $1 ORDER BY sequence', [id])) as never,
    sql: async (text: string, values: unknown[] = []) => (await pool.query(text, values)).rows as Record<string, unknown>[],
    [Symbol.asyncDispose]: async () => {
      await engine.close()
      await pool.end()
      await clone?.drop()
    },
  }
  bed.workerId = await bed.register()
  return bed
}

/** INV-4, INV-37: sequences gap-free, the last event's words are the row's, and the ledger counts what stands. */
export async function expectConsistent(bed: Bed): Promise<string[]> {
  const wrong = await bed.sql(`
    SELECT f.id || ': sequence' AS what FROM flow f WHERE f.last_sequence <> (SELECT count(*) FROM flow_event e WHERE e.flow_id = f.id)
       OR f.last_sequence <> (SELECT max(sequence) FROM flow_event e WHERE e.flow_id = f.id)
    UNION ALL SELECT f.id || ': words' FROM flow f JOIN flow_event e ON e.flow_id = f.id AND e.sequence = f.last_sequence WHERE e.status <> f.status OR e.phase IS DISTINCT FROM f.phase
    UNION ALL SELECT f.id || ': terminal events ' || count(*) FROM flow f JOIN flow_event e ON e.flow_id = f.id AND e.type IN ('flow.finished', 'flow.failed', 'flow.cancelled')
       GROUP BY f.id, f.finished_at HAVING count(*) <> (f.finished_at IS NOT NULL)::int
    UNION ALL SELECT f.id || ': live leases' FROM flow f WHERE (f.status = 'RUNNING')::int <> (SELECT count(*) FROM attempt a WHERE a.flow_id = f.id AND a.ended_at IS NULL)
    UNION ALL SELECT 'ledger ' || word FROM (
       SELECT word, sum(n) AS n FROM (SELECT word, delta AS n FROM flow_count_ledger UNION ALL SELECT word, count FROM flow_count_total) l GROUP BY word) c
       WHERE word = upper(word) AND n <> (SELECT count(*) FROM flow f WHERE f.status::text = word AND f.deleted_at IS NULL)`)
  return wrong.map(row => String(row['what']))
}
