import type { Pool } from '@sluice/db'
import { databaseTime } from '../graphql/database-time.ts'

/** Asked anew after this: two machines drift apart by far less in between. */
const GOOD_FOR_MS = 30_000

/**
 * The database's time without a statement for each look: it is asked now and then, and this machine only counts what passed since. Where the
 * database does not answer, what it said before goes on.
 */
export function databaseClock({ pool, passed = () => performance.now() }: { pool: Pool; passed?: () => number }): () => Promise<Date> {
  let known: { time: number; at: number } | undefined
  let asking: Promise<void> | undefined
  const ask = async (): Promise<void> => {
    const asked = passed()
    const time = (await databaseTime(pool)).getTime()
    const answered = passed()
    known = { time: time + (answered - asked) / 2, at: answered }
  }
  return async () => {
    if (known === undefined || passed() - known.at > GOOD_FOR_MS) {
      asking ??= ask().finally(() => (asking = undefined))
      await asking.catch((error: unknown) => {
        if (known === undefined) throw error
      })
    }
    if (known === undefined) throw new Error('The database told no time.')
    return new Date(known.time + (passed() - known.at))
  }
}
