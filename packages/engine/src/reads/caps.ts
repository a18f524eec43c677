import { named } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { readCaps } from './queue-facts.ts'
import type { CapsRow } from './queue-facts.ts'

/** subject: a lane's name, a principal's id, or empty for the global cap. environmentValue: what MAX_CONCURRENT_FLOWS said at the last start (D-46). */
export type CapInUse = CapsRow

/** The global cap first, then lanes, then principals, each by name. */
export const capsInUse = (pool: Pool): Promise<CapInUse[]> => readCaps(named(pool))
