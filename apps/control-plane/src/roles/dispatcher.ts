import type { Engine } from '@sluice/engine'

/** What happens by the clock: lost leases, timeouts, deadlines, the fold of counts. It ends with the engine. */
export const startDispatcher = (engine: Engine): void => engine.startDispatcher()
