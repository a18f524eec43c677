/** Several control planes on one PostgreSQL, each a process of its own: what an operator has who does not want one machine to be the end of all. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openPool, type Pool } from '@sluice/db'
import { startEmbedded, type Embedded } from '@sluice/db/embedded'
import { createToken } from '@sluice/engine'
import { actorWith, type ActorRole, type Submitter } from './actors.ts'
import { controlPlaneProcess, type ControlPlane } from './control-plane-process.ts'
import { freePort } from './free-port.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
/** Nothing of it outlives the test, so nothing has to reach the disk. */
const FAST_DATABASE = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'autovacuum_naptime=5s', 'log_min_messages=fatal']
/** What an operator gives all control planes of one database. */
const FLEET_KEYS = {
  DATA_ENCRYPTION_KEY: Buffer.alloc(32, 'a key of the fleet ').toString('base64'),
  WAITPOINT_HMAC_SECRET: Buffer.alloc(32, 'a secret of the fleet ').toString('base64'),
}

export interface Fleet extends AsyncDisposable {
  databaseUrl: string
  /** In the order in which they were added. */
  controlPlanes: ControlPlane[]
  /** Starts one more. env: knobs of its own. program: of another version. */
  add(o?: { env?: Record<string, string>; program?: string }): Promise<ControlPlane>
  /** A new principal with one role; `at` says whom of the fleet it asks, default the first. */
  actor(role: ActorRole, name: string): Promise<FleetActor>
  query<T = Record<string, unknown>>(text: string, values?: unknown[]): Promise<T[]>
}

export interface FleetActor {
  token: string
  at(controlPlane: ControlPlane, o?: { answerWithinMs?: number }): Submitter
}

export interface FleetOptions {
  /** How many to start at once. Default 2. */
  size?: number
  /** Knobs of all, as an operator writes them. */
  env?: Record<string, string>
  /** Default 60 s. */
  readyWithinMs?: number
}

/** Runs the control plane of this checkout, built for this fleet alone. */
export async function startFleet({ size = 2, env = {}, readyWithinMs = 60_000 }: FleetOptions = {}): Promise<Fleet> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-fleet-'))
  const [database, program] = await Promise.all([startDatabase(join(dir, 'database')), packControlPlane(join(dir, 'program'))])
  const fleet = new StartedFleet({ dir, database, program, env: { DATABASE_URL: database.url, ...FLEET_KEYS, ...env }, readyWithinMs })
  try {
    await Promise.all(Array.from({ length: size }, () => fleet.add()))
  } catch (error) {
    await fleet[Symbol.asyncDispose]()
    throw error
  }
  return fleet
}

async function startDatabase(dir: string): Promise<Embedded> {
  return startEmbedded({ dir, log: () => undefined, settings: FAST_DATABASE, temporary: true })
}

/** A folder with what a bundled control plane needs beside it, and nothing that another build could replace meanwhile. */
async function packControlPlane(dir: string): Promise<string> {
  await mkdir(dir)
  for (const name of ['package.json', 'prisma', 'node_modules']) await symlink(join(ROOT, name), join(dir, name))
  await promisify(execFile)(process.execPath, [join(ROOT, 'apps/control-plane/build.mjs'), join(dir, 'dist')])
  return join(dir, 'dist', 'control-plane.js')
}

/** A version refuses a knob of ours that it does not know; an empty one counts as unset. */
async function knownTo(program: string): Promise<Record<string, string>> {
  const files = (await readdir(dirname(program), { recursive: true })).filter(name => name.endsWith('.js'))
  const text = (await Promise.all(files.map(name => readFile(join(dirname(program), name), 'utf8')))).join('')
  return Object.fromEntries(Object.keys(FLEET_KEYS).filter(name => !text.includes(name)).map(name => [name, '']))
}

interface Parts { dir: string; database: Embedded; program: string; env: Record<string, string>; readyWithinMs: number }

class StartedFleet implements Fleet {
  readonly databaseUrl: string
  readonly controlPlanes: ControlPlane[] = []
  readonly #parts: Parts
  readonly #pool: Pool

  constructor(parts: Parts) {
    this.#parts = parts
    this.databaseUrl = parts.database.url
    this.#pool = openPool({ url: parts.database.url, max: 2, log: () => undefined })
  }

  async add({ env = {}, program = this.#parts.program }: { env?: Record<string, string>; program?: string } = {}): Promise<ControlPlane> {
    const known = await knownTo(program)
    const one = controlPlaneProcess({ program, port: await freePort(), env: { ...this.#parts.env, ...known, ...env }, readyWithinMs: this.#parts.readyWithinMs })
    this.controlPlanes.push(one)
    await one.start()
    return one
  }

  async actor(role: ActorRole, name: string): Promise<FleetActor> {
    const made = await createToken(this.#pool, { actor: { kind: 'system', principalId: null }, name, role })
    if (!('secret' in made)) throw made
    return { token: made.secret, at: ({ url }, o = {}) => actorWith({ url, name, token: made.secret, ...o }) }
  }

  async query<T>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.#pool.query(text, values)).rows as T[]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.controlPlanes.map(one => one.kill()))
    await this.#pool.end()
    await this.#parts.database.stop()
    await rm(this.#parts.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}
