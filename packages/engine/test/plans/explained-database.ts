import { openPool } from '@sluice/db'
import type { Pool } from '@sluice/db'
import { cloneDatabase } from '@sluice/testkit/db'
import type { Clone } from '@sluice/testkit/db'
import { afterAll, beforeAll, expect } from 'vitest'
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

/** Runs a read and looks at every statement that it sent: none reads one of these tables from end to end, none touches more pages. */
export const plansOf = (database: ExplainedDatabase, hot: readonly string[]) => async (read: (pool: Pool) => Promise<unknown>, buffers: number): Promise<void> => {
  database.recording.explained.length = 0
  await read(database.recording.pool)
  expect(database.recording.explained.length).toBeGreaterThan(0)
  for (const p of database.recording.explained) {
    expect(hot.filter(t => p.scanned.has(t)), p.name).toEqual([])
    expect(p.buffers, `${p.name} with ${[...p.indexes].join(', ')}`).toBeLessThanOrEqual(buffers)
  }
}
