/** Steps that end at the same moment, in whichever flows of this worker, are remembered by one request. It is sent until it is answered. */
import { createBatch, REPORTS, type Batch } from './batch.ts'
import type { Settings } from './options.ts'
import { persist } from './wire/backoff.ts'
import type { ControlPlane, MemoItem, Recorded, Refused } from './wire/control-plane.ts'

export type MemoBatch = Pick<Batch<MemoItem, Recorded | Refused>, 'add'>

export function createMemoBatch({ controlPlane, settings: { backoff, log }, signal }: { controlPlane: ControlPlane; settings: Settings; signal: AbortSignal }): MemoBatch {
  return createBatch<MemoItem, Recorded | Refused>({
    ...REPORTS, send: items => persist(() => controlPlane.recordMemos(items, signal), { backoff, log, signal, what: 'a memo' }),
  })
}
