/** The whole system as a user starts it: scripts/start.mjs in a process of its own, with a data folder and a port of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openPool } from '@sluice/db'
import { actorWith, createActor, type ActorRole, type Submitter } from './actors.ts'
import { cleanEnvironment } from './clean-environment.ts'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** What `run.json` of the data folder says; see the control plane's supervisor. */
interface RunFile { version: string; address: string; supervisor: Pid; postgres: Pid | null; controlPlane: Pid | null; runner: Pid | null; databaseUrl: string | null }
interface Pid { pid: number }

export type Part = 'supervisor' | 'postgres' | 'controlPlane' | 'runner'

export interface World {
  url: string
  dataDir: string
  /** Of the principal that the first start made. */
  admin: Submitter
  /** Everything the supervisor printed so far. */
  printed(): string
  /** The one-time link that the first start printed. */
  signInLink(): string
  actor(role: ActorRole, name: string): Promise<Submitter>
  pid(part: Part): Promise<number | null>
  /** Ends one process by its pid, no other; null when it does not run now. */
  kill(part: Part, signal?: NodeJS.Signals): Promise<number | null>
  isReady(): Promise<boolean>
  /** Of the embedded database, which is found where the verbs find it. */
  query<T = Record<string, unknown>>(text: string, values?: unknown[]): Promise<T[]>
  /** Starts the supervisor again on the same data and port, after it was stopped or killed; resolves when it is ready. */
  startAgain(): Promise<void>
  /** Stops the supervisor as Ctrl-C does, and resolves when it has ended. */
  stop(): Promise<void>
  /** Stops it, ends what is left, and removes the data. */
  [Symbol.asyncDispose](): Promise<void>
}

export interface WorldOptions {
  /** Knobs, as an operator writes them. */
  env?: Record<string, string>
  /** Default 120 s, because the first start may build. */
  readyWithinMs?: number
}

export async function startWorld(o: WorldOptions = {}): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-world-'))
  // PostgreSQL runs as another user where we are root, and must be able to pass.
  await chmod(dir, 0o755)
  const port = await freePort()
  const world = new StartedWorld({ dir, port, env: o.env ?? {}, readyWithinMs: o.readyWithinMs ?? 120_000 })
  try {
    await world.startAgain()
  } catch (error) {
    await world[Symbol.asyncDispose]()
    throw error
  }
  return world
}

interface Place { dir: string; port: number; env: Record<string, string>; readyWithinMs: number }

class StartedWorld implements World {
  readonly url: string
  readonly dataDir: string
  readonly #place: Place
  #child: ChildProcess | null = null
  #printed = ''
  #adminToken = ''

  constructor(place: Place) {
    this.#place = place
    this.url = `http://127.0.0.1:${place.port}`
    this.dataDir = join(place.dir, 'data')
  }

  get admin(): Submitter {
    return actorWith({ url: this.url, name: 'admin', token: this.#adminToken })
  }

  printed(): string {
    return this.#printed
  }

  signInLink(): string {
    const link = /https?:\/\/\S+\/sign-in\?code=[^\s]+/.exec(this.#printed)?.[0]
    if (!link) throw new Error(`no sign-in link was printed:\n${this.#printed}`)
    return link
  }

  actor(role: ActorRole, name: string): Promise<Submitter> {
    return createActor({ url: this.url, adminToken: this.#adminToken, name, role })
  }

  async pid(part: Part): Promise<number | null> {
    const pid = (await this.#runFile())?.[part]?.pid ?? null
    return pid !== null && isAlive(pid) ? pid : null
  }

  async kill(part: Part, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const pid = await this.pid(part)
    if (pid === null) return null
    process.kill(pid, signal)
    return pid
  }

  async isReady(): Promise<boolean> {
    const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => null)
    return answer?.ok ?? false
  }

  async query<T>(text: string, values: unknown[] = []): Promise<T[]> {
    const url = (await this.#runFile())?.databaseUrl
    if (url == null) throw new Error('no embedded database runs')
    const pool = openPool({ url, max: 1, log: () => undefined })
    try {
      return (await pool.query(text, values)).rows as T[]
    } finally {
      await pool.end()
    }
  }

  async startAgain(): Promise<void> {
    const child = spawn(process.execPath, [join(ROOT, 'scripts/start.mjs')], { cwd: ROOT, env: this.#environment(), stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    const keep = (chunk: Buffer): void => { this.#printed += chunk.toString() }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    await until(async () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`npm start ended:\n${this.#printed}`)
      return (await this.#runFile())?.runner != null && this.isReady()
    }, { withinMs: this.#place.readyWithinMs, what: () => `the system to be ready; it printed:\n${this.#printed}` })
    this.#adminToken = (await readFile(join(this.dataDir, 'admin-token'), 'utf8')).trim()
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const left = await this.#runFile()
    await this.stop()
    for (const part of ['supervisor', 'controlPlane', 'runner', 'postgres'] as const) end(left?.[part]?.pid)
    await rm(this.#place.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }

  #environment(): Record<string, string> {
    return cleanEnvironment({ HOST: '127.0.0.1', PORT: String(this.#place.port), SLUICE_DATA_DIR: this.dataDir, ...this.#place.env })
  }

  async #runFile(): Promise<RunFile | null> {
    const text = await readFile(join(this.dataDir, 'run.json'), 'utf8').catch(() => null)
    return text === null ? null : (JSON.parse(text) as RunFile)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function end(pid: number | undefined): void {
  if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL')
}
