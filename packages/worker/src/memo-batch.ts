/** Steps that end at the same moment, in whichever flows of this worker, are remembered by one request. It is sent until it is answered. */
import { createBatch, type Batch } from './batch.ts'
import type { Settings } from './options.ts'
import { persist } from './wire/backoff.ts'
import type { ControlPlane, MemoItem, Recorded, Refused } from './wire/control-plane.ts'

export type MemoBatch = Pick<Batch<MemoItem, Recorded | Refused>, 'add'>

/** As results travel: one of the greatest memos and what gathers beside it stay well under what a request may have. */
const SIZE = { maxItems: 200, maxBytes: 4 * 1024 * 1024 }

export function createMemoBatch({ controlPlane, settings: { backoff, log }, signal }: { controlPlane: ControlPlane; settings: Settings; signal: AbortSignal }): MemoBatch {
  return createBatch<MemoItem, Recorded | Refused>({
    ...SIZE, send: items => persist(() => controlPlane.recordMemos(items, signal), { backoff, log, signal, what: 'a memo' }),
  })
}
