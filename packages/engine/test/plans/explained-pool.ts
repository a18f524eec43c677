import pg from 'pg'
import type { Pool } from '@sluice/db'

/** One node of EXPLAIN's tree, as far as these tests look. */
interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Shared Hit Blocks': number
  'Shared Read Blocks': number
  Plans?: PlanNode[]
}

export interface Explained {
  name: string
  /** Shared buffers touched, hit or read. */
  buffers: number
  indexes: Set<string>
  /** Tables read from end to end. */
  scanned: Set<string>
  plan: PlanNode
  /** All that EXPLAIN said. */
  explanation: unknown
}

interface Statement { name?: string; text: string; values?: unknown[] }

/**
 * A pool through which everything runs as usual, but every named statement is first explained on the same connection, with its real parameters, inside
 * what is rolled back. So the plans are of what the engine sends, not of copies. One connection: what it prepares stays prepared, as in the hot pool.
 */
export function explainedPool(pool: Pool): { pool: Pool; explained: Explained[] } {
  const explained: Explained[] = []
  const prepared = new Map<string, string>()
  const explain = async (client: pg.PoolClient, statement: Statement): Promise<void> => {
    const name = prepared.get(statement.text) ?? `plan_${prepared.size}`
    if (!prepared.has(statement.text)) await client.query(`PREPARE ${name} AS ${statement.text}`)
    prepared.set(statement.text, name)
    const values = (statement.values ?? []).map(literal).join(', ')
    const { rows } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON, TIMING OFF) EXECUTE ${name}${values ? `(${values})` : ''}`)
    const [explanation] = rows[0]['QUERY PLAN'] as [{ Plan: PlanNode }]
    explained.push({ ...summary(statement.name ?? '', explanation.Plan), explanation })
  }
  const connect = async (): Promise<pg.PoolClient> => {
    const client = await pool.connect()
    return new Proxy(client, {
      get: (target, key) => (key === 'query' ? (statement: string | Statement) => queryIn(target, statement, explain) : bound(target, key)),
    })
  }
  const query = async (statement: string | Statement): Promise<pg.QueryResult> => {
    const client = await pool.connect()
    try {
      if (!isUtility(statement)) await rolledBack(client, 'BEGIN', 'ROLLBACK', () => explain(client, statement))
      return await client.query(statement as pg.QueryConfig)
    } finally {
      client.release()
    }
  }
  return { pool: new Proxy(pool, { get: (target, key) => ({ connect, query } as Record<PropertyKey, unknown>)[key] ?? bound(target, key) }), explained }
}

const bound = (target: object, key: PropertyKey): unknown => {
  const value = Reflect.get(target, key) as unknown
  return typeof value === 'function' ? value.bind(target) : value
}

/** What has no plan. */
const isUtility = (statement: string | Statement): statement is string => typeof statement === 'string' || /SET LOCAL|\*\/ EXPLAIN/.test(statement.text)

async function queryIn(client: pg.PoolClient, statement: string | Statement, explain: (c: pg.PoolClient, s: Statement) => Promise<void>): Promise<pg.QueryResult> {
  if (!isUtility(statement)) await rolledBack(client, 'SAVEPOINT explained', 'ROLLBACK TO explained', () => explain(client, statement))
  return client.query(statement as pg.QueryConfig)
}

async function rolledBack(client: pg.PoolClient, begin: string, end: string, work: () => Promise<void>): Promise<void> {
  await client.query(begin)
  try {
    await work()
  } finally {
    await client.query(end)
  }
}

function summary(name: string, plan: PlanNode): Omit<Explained, 'explanation'> {
  const nodes: PlanNode[] = [plan]
  for (const node of nodes) nodes.push(...(node.Plans ?? []))
  return {
    name, plan, buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    indexes: new Set(nodes.flatMap(n => n['Index Name'] ?? [])),
    scanned: new Set(nodes.filter(n => n['Node Type'] === 'Seq Scan').flatMap(n => n['Relation Name'] ?? [])),
  }
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (Array.isArray(value)) return pg.escapeLiteral(`{${value.map(v => (v === null ? 'NULL' : JSON.stringify(String(v)))).join(',')}}`)
  return pg.escapeLiteral(value instanceof Date ? value.toISOString() : typeof value === 'object' ? JSON.stringify(value) : String(value as string))
}
