import type { Pool, Tx } from '@sluice/db'
import { WAITPOINT_STATES } from '@sluice/protocol'
import type { WaitKind, WaitpointState } from '@sluice/protocol'
import { boundedRead } from './bounded-read.ts'
import { INSTANT, isInstant } from './instant-sql.ts'
import { decodeCursor, encodeCursor } from './page-cursor.ts'

/** Whose rights to answer are meant. names: how waitpoints may name it, its roles and its id; override: it may answer whatever stands open. */
export interface AnswererNames { names: readonly string[]; asOwner: string | null; asOperator: boolean; override: boolean }

/** Everything that is given must hold; a list of values means any of them. */
export interface WaitpointFilter {
  kind?: readonly WaitKind[] | undefined
  state?: readonly WaitpointState[] | undefined
  lane?: readonly string[] | undefined
  /** Those that it may answer now, or only the others. */
  answerableBy?: { who: AnswererNames; holds: boolean } | undefined
  /** What the caller may read: flows of one owner, of some lanes, of some kinds. */
  owner?: string | null | undefined
  lanes?: readonly string[] | undefined
  kinds?: readonly string[] | undefined
}

interface Place { open: boolean; at: string; id: string }

/** Ids of up to limit waitpoints, each with the cursor to go on from: those that stand open, the oldest first, then the others, the latest made first. */
export async function listWaitpoints(pool: Pool, { filter, after, limit }: { filter: WaitpointFilter; after: string | null; limit: number }): Promise<{ id: string; cursor: string }[]> {
  const beyond = after ? decodeCursor(after, { argument: 'after', parse: parsePlace }) : null
  const states = filter.state ?? WAITPOINT_STATES
  const rows = await boundedRead(pool, async tx => {
    const open = states.includes('OPEN') && beyond?.open !== false ? await readOpen(tx, { filter, beyond, limit }) : []
    const others = states.filter(state => state !== 'OPEN')
    if (open.length >= limit || others.length === 0) return open
    return [...open, ...(await readOthers(tx, { filter, states: others, beyond: beyond?.open === false ? beyond : null, limit: limit - open.length }))]
  })
  return rows.map(({ open, at, id }) => ({ id, cursor: encodeCursor([open ? 1 : 0, at, id]) }))
}

const parsePlace = ([open, at, id]: unknown[]): Place | undefined =>
  (open === 0 || open === 1) && isInstant(at) && typeof id === 'string' && id.startsWith('wpt_') ? { open: open === 1, at, id } : undefined

type Say = (value: unknown) => string
interface Scan { filter: WaitpointFilter; beyond: Place | null; limit: number }

function readOpen(tx: Tx, { filter, beyond, limit }: Scan): Promise<Place[]> {
  const { values, say } = parameters()
  const place = beyond ? `AND (w.opened_at, w.id) > (${say(beyond.at)}::timestamptz, ${say(beyond.id)}::text)` : ''
  const text = `SELECT true AS open, w.id, ${INSTANT('w.opened_at')} AS at FROM waitpoint w JOIN flow f ON f.id = w.flow_id
    WHERE w.state = 'OPEN' ${place} AND ${conditionsOf(filter, { say, open: true })} ORDER BY w.opened_at, w.id LIMIT ${say(limit)}`
  return tx.rows<Place & Record<string, unknown>>('listWaitpoints.open', text, values, { prepared: false })
}

/** One short probe of the index for each state; what the filter asks of flows is looked at on the way, under the time limit. */
function readOthers(tx: Tx, { filter, states, beyond, limit }: Scan & { states: readonly WaitpointState[] }): Promise<Place[]> {
  const { values, say } = parameters()
  const probes = `unnest(${say(states)}::waitpoint_state[]) s(state)`
  const place = beyond ? `AND (w.created_at, w.id) < (${say(beyond.at)}::timestamptz, ${say(beyond.id)}::text)` : ''
  const conditions = conditionsOf(filter, { say, open: false })
  const most = say(limit)
  const text = `SELECT false AS open, x.id, ${INSTANT('x.created_at')} AS at FROM ${probes} CROSS JOIN LATERAL (
      SELECT w.id, w.created_at FROM waitpoint w JOIN flow f ON f.id = w.flow_id
       WHERE w.state = s.state ${place} AND ${conditions} ORDER BY w.created_at DESC, w.id DESC LIMIT ${most}) x
    ORDER BY x.created_at DESC, x.id DESC LIMIT ${most}`
  return tx.rows<Place & Record<string, unknown>>('listWaitpoints.others', text, values, { prepared: false })
}

function parameters(): { values: unknown[]; say: Say } {
  const values: unknown[] = []
  return { values, say: value => `$${values.push(value)}` }
}

function conditionsOf(filter: WaitpointFilter, { say, open }: { say: Say; open: boolean }): string {
  const any = (column: string, given: readonly string[], type = 'text'): string => `${column} = ANY(${say(given)}::${type}[])`
  return [
    'f.deleted_at IS NULL',
    filter.kind ? any('w.kind', filter.kind, 'wait_kind') : '',
    filter.lane ? any('f.lane', filter.lane) : '',
    filter.owner == null ? '' : any('f.principal_id', [filter.owner]),
    filter.lanes ? any('f.lane', filter.lanes) : '',
    filter.kinds ? any('f.kind', filter.kinds) : '',
    filter.answerableBy ? `${filter.answerableBy.holds ? '' : 'NOT '}(${open ? '' : STILL_TAKEN}${answerable(filter.answerableBy.who, say)})` : '',
  ].filter(condition => condition !== '').join(' AND ')
}

/** Says what \`mayAnswer\` of the control plane's policies says of one waitpoint, of all of them. */
function answerable({ names, asOwner, asOperator, override }: AnswererNames, say: Say): string {
  if (override) return 'true'
  const byDefault = asOperator ? 'true' : `coalesce(f.principal_id = ${say(asOwner)}::text, false)`
  return `CASE WHEN w.answerable_by = '{}' THEN ${byDefault} ELSE w.answerable_by && ${say(names)}::text[] END`
}

/** Of one that stands open it holds by itself (a CHECK, INV-21); said there it would look rare, and the index would be sorted instead of followed. */
const STILL_TAKEN = `w.state = 'PENDING' AND w.decision IS NULL AND f.finished_at IS NULL AND `
