import { openPool } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { cloneDatabase } from '@sluice/testkit/db'
import type { Clone } from '@sluice/testkit/db'
import { afterAll, beforeAll } from 'vitest'
import { explainedPool } from './explained-pool.ts'

export interface ExplainedDatabase {
  /** For what is not looked at. */
  readonly plain: Pool
  readonly recording: ReturnType<typeof explainedPool>
}

/** A database for the tests of this file, filled once before them and gone after them. */
export function explainedDatabase(fill: (at: { url: string; plain: Pool }) => Promise<unknown>): ExplainedDatabase {
  let open: ExplainedDatabase & { clone: Clone }
  beforeAll(async () => {
    const clone = await cloneDatabase()
    const pool = (max: number): Pool => openPool({ url: clone.url, max, log: () => undefined })
    open = { clone, plain: pool(2), recording: explainedPool(pool(1)) }
    await fill({ url: clone.url, plain: open.plain })
  }, 120_000)
  afterAll(async () => {
    await open.recording.pool.end()
    await open.plain.end()
    await open.clone.drop()
  })
  return { get plain() { return open.plain }, get recording() { return open.recording } }
}

export const runAll = (statements: readonly string[]) => async ({ plain }: { plain: Pool }): Promise<void> => {
  for (const statement of statements) await plain.query(statement)
}
