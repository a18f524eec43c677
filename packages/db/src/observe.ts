import type { Pool } from './pool.ts'

/** Who wants to know what statements cost. Called after each statement, so it must be quick and must not throw. */
export interface StatementObserver {
  /** One named statement, or `commit`. ms: from the call to its rows, which includes waiting for a connection outside a transaction. */
  statement(done: { name: string; ms: number; rows: number; failed: boolean }): void
  /** A transaction that a deadlock or a serialisation failure made run again. */
  retried(): void
}

const observers = new WeakMap<Pool, StatementObserver>()

/** Tells the observer of every statement that goes through `named` and `transact` on this pool from now on. */
export const observe = (pool: Pool, observer: StatementObserver): void => void observers.set(pool, observer)

export const observerOf = (pool: Pool): StatementObserver | undefined => observers.get(pool)

/** The same connections for one request: what goes through here is told to `also` besides the pool's own observer. */
export function alsoObserved(pool: Pool, also: StatementObserver): Pool {
  const whole = observers.get(pool)
  const view = { connect: () => pool.connect(), query: (...asked: Parameters<Pool['query']>) => pool.query(...asked) } as unknown as Pool
  observe(view, {
    statement: done => {
      whole?.statement(done)
      also.statement(done)
    },
    retried: () => {
      whole?.retried()
      also.retried()
    },
  })
  return view
}

/** Runs a statement and tells the observer; without one it only runs. */
export async function observed<Result extends { rowCount: number | null }>(
  o: { observer: StatementObserver | undefined; name: string }, run: () => Promise<Result>,
): Promise<Result> {
  if (!o.observer) return run()
  const began = performance.now()
  try {
    const result = await run()
    o.observer.statement({ name: o.name, ms: performance.now() - began, rows: result.rowCount ?? 0, failed: false })
    return result
  } catch (error) {
    o.observer.statement({ name: o.name, ms: performance.now() - began, rows: 0, failed: true })
    throw error
  }
}
