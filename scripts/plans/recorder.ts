/** What the engine sends, explained once and timed often. */
import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { LimitExceeded } from '@sluice/domain'
import type { Pool } from '@sluice/db'
import type { Deps } from '../../packages/engine/src/deps.ts'
import { explainedPool } from '../../packages/engine/test/plans/explained-pool.ts'
import type { Explained } from '../../packages/engine/test/plans/explained-pool.ts'
import type { PlanCase } from './plan-case.ts'

export interface StatementResult { name: string; calls: number; ms: number; buffers: number; indexes: string[]; scanned: string[]; explanation: unknown }
export interface CaseResult {
  case: PlanCase
  statements: StatementResult[]
  /** Median and worst of the whole call, with what it does in Node. */
  ms: number
  worstMs: number
  /** The transaction that promotes, commit included; null when there is none. */
  promotionMs: number | null
  /** What of that PostgreSQL's process spent on the CPU: on a busy machine the better figure. Linux only, else null. */
  promotionCpuMs: number | null
  /** It answered LIMIT_EXCEEDED. */
  refused: boolean
}

interface Timed { name: string; ms: number }
/** A transaction from its BEGIN to the answer to its COMMIT. */
interface Span { names: string[]; ms: number; cpuMs: number | null }

export interface Recorder { measure(one: PlanCase, runs: number): Promise<CaseResult> }

/** open makes the engine's Deps over a pool. The explaining pool must have one connection: what it prepares stays prepared, as in the hot pool. */
export async function openRecorder(pools: { explaining: Pool; timing: Pool }, open: (pool: Pool) => Promise<Deps>): Promise<Recorder> {
  const explaining = explainedPool(pools.explaining)
  const timing = timedPool(pools.timing)
  const deps = { explaining: await open(explaining.pool), timing: await open(timing.pool) }
  const explain = async (one: PlanCase): Promise<{ explained: Explained[]; refused: boolean }> => {
    explaining.explained.length = 0
    await one.before?.()
    const refused = await limited(one, deps.explaining)
    const explained = [...explaining.explained]
    await one.after?.()
    return { explained, refused }
  }
  const time = async (one: PlanCase): Promise<{ ms: number; timed: Timed[]; spans: Span[] }> => {
    await one.before?.()
    timing.timed.length = 0
    timing.spans.length = 0
    const began = performance.now()
    await limited(one, deps.timing)
    const run = { ms: performance.now() - began, timed: [...timing.timed], spans: [...timing.spans] }
    await one.after?.()
    return run
  }
  return {
    measure: async (one, runs) => {
      const { explained, refused } = await explain(one)
      // A refusal takes two seconds by itself, and the second run tells nothing new.
      const times = refused ? 1 : runs
      if (!refused) await time(one)
      const measured = []
      for (let n = 0; n < times; n++) measured.push(await time(one))
      const promotions = measured.flatMap(m => m.spans.filter(s => s.names.includes('lockPromotion')))
      return {
        case: one, refused, ms: median(measured.map(m => m.ms)), worstMs: Math.max(...measured.map(m => m.ms)),
        promotionMs: promotions.length > 0 ? median(promotions.map(s => s.ms)) : null,
        promotionCpuMs: promotions[0]?.cpuMs == null ? null : median(promotions.map(s => s.cpuMs ?? Number.NaN)),
        statements: statementsOf(explained, measured.map(m => m.timed)),
      }
    },
  }
}

async function limited(one: PlanCase, deps: Deps): Promise<boolean> {
  try {
    await one.run(deps)
    return false
  } catch (error) {
    if (error instanceof LimitExceeded) return true
    throw error
  }
}

/** By name: the plan that touched most, and the median of what a run spent in the statement. */
function statementsOf(explained: Explained[], runs: Timed[][]): StatementResult[] {
  const names = [...new Set(explained.map(e => e.name))]
  return names.map(name => {
    const plans = explained.filter(e => e.name === name)
    const worst = plans.reduce((a, b) => (b.buffers > a.buffers ? b : a))
    const ms = median(runs.map(run => run.filter(t => t.name === name).reduce((sum, t) => sum + t.ms, 0)))
    return {
      name, calls: plans.length, ms, buffers: worst.buffers, indexes: [...new Set(plans.flatMap(p => [...p.indexes]))].sort(),
      scanned: [...new Set(plans.flatMap(p => [...p.scanned]))].sort(), explanation: worst.explanation,
    }
  })
}

export const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

type Query = (statement: string | pg.QueryConfig) => Promise<pg.QueryResult>

function timedPool(pool: Pool): { pool: Pool; timed: Timed[]; spans: Span[] } {
  const timed: Timed[] = []
  const spans: Span[] = []
  const clocked = (query: Query, pid?: number): Query => {
    let span: { began: number; names: string[]; cpu: number | null } | undefined
    return async statement => {
      const began = performance.now()
      const name = typeof statement === 'string' ? (statement.split(';')[0] ?? '') : (statement.name ?? '')
      if (name === 'BEGIN') span = { began, names: [], cpu: cpuMsOf(pid) }
      try {
        return await query(statement)
      } finally {
        const now = performance.now()
        timed.push({ name, ms: now - began })
        span?.names.push(name)
        if (name === 'COMMIT' && span) spans.push({ names: span.names, ms: now - span.began, cpuMs: span.cpu === null ? null : (cpuMsOf(pid) ?? 0) - span.cpu })
      }
    }
  }
  const connect = async (): Promise<pg.PoolClient> => {
    const client = await pool.connect()
    return over(client, { query: clocked(statement => client.query(statement as string), (client as unknown as { processID?: number }).processID) })
  }
  return { pool: over(pool, { connect, query: clocked(statement => pool.query(statement as string)) }), timed, spans }
}

/** What a process has spent on the CPU since it began. */
function cpuMsOf(pid: number | undefined): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return null
  }
}

/** The same object, with some of its methods replaced. */
function over<T extends object>(target: T, methods: Record<string, unknown>): T {
  return new Proxy(target, {
    get: (_, key) => {
      const value = (methods as Record<PropertyKey, unknown>)[key] ?? (Reflect.get(target, key) as unknown)
      return typeof value === 'function' && !(key in methods) ? (value.bind(target) as unknown) : value
    },
  })
}
