/** An engine whose flows ask: with a ring of signing keys, an owner who answers, and a stranger who may not. */
import type { LeaseRef, WaitMode } from '@sluice/protocol'
import { createWaitpoint, resolveWaitpoint, suspendFlow } from '../../src/index.ts'
import type { Answerer, EngineSettings } from '../../src/index.ts'
import type { CreateWaitpoint } from '../../src/commands/waits.ts'
import { rotateRing } from '../../src/waits/tokens.ts'
import { transact } from '@sluice/db'
import { testbed } from '../testbed.ts'
import type { Bed } from '../testbed.ts'

export interface WaitBed extends Bed {
  answerer: Answerer
  /** A flow that works, with its lease. */
  working(item?: object): Promise<LeaseRef>
  make(lease: LeaseRef, o?: Partial<CreateWaitpoint>): Promise<{ waitpointId: string; token: string | null; url: string | null }>
  suspend(lease: LeaseRef, waitpointId: string, mode?: WaitMode): ReturnType<typeof suspendFlow>
  /** A flow that waits. */
  waiting(mode: WaitMode, o?: Partial<CreateWaitpoint>): Promise<{ lease: LeaseRef; waitpointId: string; token: string }>
  answer(id: string, decision?: string, o?: { payload?: unknown; idempotencyKey?: string }): ReturnType<typeof resolveWaitpoint>
  byToken(token: string, decision?: string, o?: { payload?: unknown; idempotencyKey?: string }): ReturnType<typeof resolveWaitpoint>
  waitpoint(id: string): Promise<Record<string, unknown>>
  rotate(): Promise<void>
}

export async function waitBed(o: { settings?: Partial<EngineSettings>; url?: string } = {}): Promise<WaitBed> {
  const bed = await testbed(o)
  const rotate = async (): Promise<void> => {
    await transact(bed.deps.pool, tx => rotateRing(tx, bed.deps.webhooks.keys))
    bed.deps.waitTokens.forget()
  }
  if (!o.url) await rotate()
  const answerer: Answerer = { actor: bed.owner, access: () => 'allow', mayAnswer: () => true }
  const extra = {
    answerer, rotate,
    working: async (item: object = {}) => {
      await bed.create(1, item)
      const [lease] = await bed.work(1)
      if (!lease) throw new Error('nothing was leased')
      return { flowId: lease.flowId, attempt: lease.attempt, epoch: lease.epoch }
    },
    make: async (lease: LeaseRef, w: Partial<CreateWaitpoint> = {}) => {
      const made = await createWaitpoint(bed.deps, { actor: bed.workerActor, lease, key: 'ask', kind: 'APPROVAL', ...w })
      if (made instanceof Error) throw made
      return made
    },
    suspend: (lease: LeaseRef, waitpointId: string, mode: WaitMode = 'HELD') => suspendFlow(bed.deps, { actor: bed.workerActor, lease, waitpointId, mode }),
    waiting: async (mode: WaitMode, w: Partial<CreateWaitpoint> = {}) => {
      const lease = await extra.working()
      const { waitpointId, token } = await extra.make(lease, w)
      const done = await extra.suspend(lease, waitpointId, mode)
      if (done instanceof Error) throw done
      return { lease, waitpointId, token: token ?? '' }
    },
    answer: (id: string, decision = 'approve', a: { payload?: unknown; idempotencyKey?: string } = {}) => resolveWaitpoint(bed.deps, { by: { answerer, id }, decision, ...(a as object) }),
    byToken: (token: string, decision = 'approve', a: { payload?: unknown; idempotencyKey?: string } = {}) => resolveWaitpoint(bed.deps, { by: { token }, decision, ...(a as object) }),
    waitpoint: async (id: string) => (await bed.sql('SELECT * FROM waitpoint WHERE id = $1', [id]))[0] ?? {},
  }
  return Object.assign(bed, extra)
}

/** INV-8, INV-16, INV-21, over every row. */
export const wrongWaits = async (bed: Bed): Promise<string[]> => (await bed.sql(`
  SELECT f.id || ': open waitpoints' AS what FROM flow f WHERE (f.status = 'WAITING')::int <> (SELECT count(*) FROM waitpoint w WHERE w.flow_id = f.id AND w.state = 'OPEN')
  UNION ALL SELECT f.id || ': live leases' FROM flow f WHERE (f.status = 'RUNNING' OR coalesce(f.wait_mode = 'HELD', false))::int <> (SELECT count(*) FROM attempt a WHERE a.flow_id = f.id AND a.ended_at IS NULL)
  UNION ALL SELECT f.id || ': slot' FROM flow f WHERE (f.status = 'RUNNING' OR f.wait_mode = 'HELD') AND NOT f.slot_held OR f.finished_at IS NOT NULL AND f.slot_held
  UNION ALL SELECT f.id || ': mode' FROM flow f JOIN waitpoint w ON w.flow_id = f.id AND w.state = 'OPEN' WHERE w.mode <> f.wait_mode`)).map(row => String(row['what']))
