import type { DeliveryMove, FlowMove } from '@sluice/domain'
import type { AttemptReport } from '@sluice/protocol'
import type { LeaseFate } from './sql/sweep-sql.ts'

/**
 * What the engine tells whoever watches it: metrics and traces hang here, and the engine knows neither. Each is called after the fact, at most
 * once per batch or turn and never per row, from the path that it measures: it must be quick and must not throw.
 */
export interface EngineObserver {
  /** A promotion pass is over: how many flows it leased, and how long it took. Passes that found nothing tell 0. */
  promotionPass(pass: { flows: number; ms: number }): void
  /** One turn of what runs by the clock. found: how many things it had to do; null when it does not count any. */
  turn(turn: { name: string; ms: number; found: number | null; failed: boolean }): void
  /** The promoter's safety sweep found flows that no wake-up had announced (D-3: it should find none). */
  unannounced(flows: number): void
  /** Leases that were taken away, by why; replaced = another process registered as the same worker. */
  leasesLost(fates: readonly (LeaseFate | 'replaced')[]): void
  /** Moves that were committed, and when each was, by flow. */
  moved(moves: readonly FlowMove[], rows: readonly { id: string; at: Date }[]): void
  /** The ledger and the rows disagree in so many places (D-40: none). */
  countsDiffer(places: number): void
  /** Attempts to deliver that ended, and what each made of its delivery, in the same order. */
  attempted(reports: readonly AttemptReport[], moves: readonly DeliveryMove[]): void
  /** Output that one call stored: how many frames and bytes of it were new, and whether the oldest of the attempt went for them. */
  appended(output: { frames: number; bytes: number; trimmed: boolean }): void
  /** This machine's clock minus the database's, in ms (D-45). */
  clockDiffers(ms: number): void
}

const ignored = (): void => undefined

/** Nobody watches. */
export const UNOBSERVED: EngineObserver = {
  promotionPass: ignored, turn: ignored, unannounced: ignored, leasesLost: ignored, moved: ignored, countsDiffer: ignored, clockDiffers: ignored, attempted: ignored, appended: ignored,
}

/** Tells both. */
export const bothObservers = (a: EngineObserver, b: EngineObserver): EngineObserver => ({
  promotionPass: pass => { a.promotionPass(pass); b.promotionPass(pass) },
  turn: turn => { a.turn(turn); b.turn(turn) },
  unannounced: flows => { a.unannounced(flows); b.unannounced(flows) },
  leasesLost: fates => { a.leasesLost(fates); b.leasesLost(fates) },
  moved: (moves, rows) => { a.moved(moves, rows); b.moved(moves, rows) },
  countsDiffer: places => { a.countsDiffer(places); b.countsDiffer(places) },
  attempted: (reports, moves) => { a.attempted(reports, moves); b.attempted(reports, moves) },
  appended: output => { a.appended(output); b.appended(output) },
  clockDiffers: ms => { a.clockDiffers(ms); b.clockDiffers(ms) },
})
