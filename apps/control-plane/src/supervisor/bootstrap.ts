import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { named, openPool, type Pool } from '@sluice/db'
import { SYSTEM } from '@sluice/domain'
import { createSignInCode, createToken, ensureFirstAdmin, openWakeUps, revokeToken, storedKeyIds, type NewToken } from '@sluice/engine'
import type { Config } from '../config.ts'
import { writePrivate, type DataFolder } from './data-folder.ts'
import { Refused } from './refused.ts'

export interface Bootstrapped {
  /** For the bundled runner; fresh with every start. */
  runnerToken: string
  /** Once, for 15 minutes; null when somebody has signed in before. */
  signInLink: string | null
  /** The keys that the database needs to be read, by their ids. */
  sealedWith: string[]
  /** Whether links of waits were signed before. */
  linksSigned: boolean
  /** The database's clock: what registers later is of this start. */
  at: Date
}

const RUNNER = 'runner'

/** Makes what the first start needs (D-44): an admin, `admin-token` for scripts, a sign-in link; and with every start a token for the runner. */
export async function bootstrap(o: { url: string; config: Config; folder: DataFolder }): Promise<Bootstrapped> {
  return withPool(o.url, async pool => {
    const admin = await ensureFirstAdmin(pool)
    if (admin.created || (o.config.databaseUrl === null && !existsSync(o.folder.adminToken))) await writeAdminToken(pool, { ...o, principalId: admin.principalId })
    const signInLink = (await nobodySignedIn(pool)) ? linkOf(o.config, await createSignInCode(pool, admin.principalId)) : null
    return { runnerToken: await freshRunnerToken(pool, o.folder), signInLink, sealedWith: await storedKeyIds(named(pool)), linksSigned: await linksSigned(pool), at: await clock(pool) }
  })
}

/** Whether the bundled runner has registered since. */
export async function runnerIsRegistered(o: { url: string; since: Date }): Promise<boolean> {
  return withPool(o.url, async pool => {
    const text = 'SELECT 1 AS one FROM worker w JOIN principal p ON p.id = w.principal_id WHERE p.name = $1 AND w.registered_at >= $2 LIMIT 1'
    return (await named(pool).rows('runnerIsRegistered', text, [RUNNER, o.since])).length > 0
  })
}

/** A new one-time link for the first admin. */
export async function signInLink(o: { url: string; config: Config }): Promise<string> {
  return withPool(o.url, async pool => {
    const { principalId } = await ensureFirstAdmin(pool)
    return linkOf(o.config, await createSignInCode(pool, principalId))
  })
}

/** A new token's secret. Refused with the engine's sentence when name or role cannot be. */
export async function issueToken(o: { url: string; token: Omit<NewToken, 'actor'> }): Promise<string> {
  return withPool(o.url, pool => issue(pool, o.token))
}

async function issue(pool: Pool, token: Omit<NewToken, 'actor'>): Promise<string> {
  const made = await createToken(pool, { actor: SYSTEM, ...token })
  if ('secret' in made) return made.secret
  throw new Refused(made.message)
}

async function writeAdminToken(pool: Pool, o: { folder: DataFolder; principalId: string }): Promise<void> {
  writePrivate(o.folder.adminToken, `${await issue(pool, { name: 'admin-token', principalId: o.principalId })}\n`)
}

/** The one of an earlier start on this folder is worth nothing any more. */
async function freshRunnerToken(pool: Pool, folder: DataFolder): Promise<string> {
  const name = `bundled runner of ${hostname()}:${folder.dir}`.slice(0, 200)
  const secret = await issue(pool, { name, principalName: RUNNER, role: 'WORKER' })
  const text =
    'SELECT t.id FROM api_token t JOIN principal p ON p.id = t.principal_id WHERE p.name = $1 AND t.name = $2 AND t.revoked_at IS NULL ORDER BY t.created_at DESC, t.id DESC OFFSET 1'
  const earlier = await named(pool).rows<{ id: string }>('earlierRunnerTokens', text, [RUNNER, name])
  // Nobody hears this wake-up: the sockets of an earlier start are gone.
  const wake = openWakeUps({ transport: null, processId: 'supervisor' })
  for (const { id } of earlier) await revokeToken({ pool, wake }, { actor: SYSTEM, id })
  return secret
}

/** Not whether there is an admin: a first start may have ended between making one and printing the link. */
async function nobodySignedIn(pool: Pool): Promise<boolean> {
  return (await named(pool).rows('anySession', 'SELECT 1 AS one FROM session LIMIT 1')).length === 0
}

async function linksSigned(pool: Pool): Promise<boolean> {
  return (await named(pool).rows('anySigningKey', 'SELECT 1 AS one FROM signing_key LIMIT 1')).length > 0
}

async function clock(pool: Pool): Promise<Date> {
  const [row] = await named(pool).rows<{ now: Date }>('clock', 'SELECT clock_timestamp() AS now')
  return row?.now ?? new Date()
}

function linkOf(config: Config, code: string): string {
  return `${config.address}/sign-in?code=${encodeURIComponent(code)}`
}

async function withPool<T>(url: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = openPool({ url, max: 1, log: () => undefined })
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}
