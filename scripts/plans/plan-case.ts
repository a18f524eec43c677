import type { Deps } from '../../packages/engine/src/deps.ts'

/** One call of the engine at a place of the data. */
export interface PlanCase {
  group: string
  name: string
  /** Not measured, before each run. */
  before?(): Promise<void>
  run(deps: Deps): Promise<unknown>
  /** Not measured, after each run: puts back what it moved. */
  after?(): Promise<void>
  /** A read that no index serves in that shape: it may answer LIMIT_EXCEEDED after 2 s. Such are not among those that must never scan. */
  narrow?: boolean
  /** What PostgreSQL may spend on the transaction that promotes, in milliseconds of its processor (median); default: 2,000 for the whole call. */
  promotionMs?: number
}
