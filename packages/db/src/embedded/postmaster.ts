import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import { placed } from './cluster.ts'
import { EmbeddedUnavailable, FolderInUse } from './errors.ts'
import { gone, isPostmasterOf, signal } from './processes.ts'

/** A PostgreSQL server that accepts connections. */
export interface Postmaster {
  child: ChildProcess
  pid: number
  exited: Promise<void>
}

interface Launch {
  data: string
  binaries: Binaries
  account: Account
  port: number
  settings: string[]
  log(line: string): void
}

const LOCK_RETRY_MS = 10_000
const STOP_MS = 10_000

/** Ends a server that a killed supervisor left behind on this folder, so that ours is always our own child. */
export async function reapOrphan(data: string, log: (line: string) => void): Promise<void> {
  const left = readPidFile(data)
  if (left === null) return
  if (!isPostmasterOf(left.pid, data)) return disown(data)
  log(`ending the PostgreSQL (process ${left.pid}) that an earlier run left behind`)
  await stopPostmaster(left.pid)
}

/** Fast shutdown; then the immediate one, from which the next start recovers. */
export async function stopPostmaster(pid: number): Promise<void> {
  const steps = [['SIGINT', STOP_MS], ['SIGQUIT', 5_000], ['SIGKILL', 2_000]] as const
  for (const [name, withinMs] of steps) {
    signal(pid, name)
    if (await gone(pid, withinMs)) return
  }
}

/** Starts PostgreSQL and resolves when it accepts connections. The lock of a server that died a moment ago is waited for. */
export async function launch(o: Launch): Promise<Postmaster> {
  const until = Date.now() + LOCK_RETRY_MS
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1000)) {
    const started = await attempt(o)
    if ('pid' in started) return started
    if (!/lock file|shared memory block/.test(started.said)) throw new EmbeddedUnavailable(`PostgreSQL did not start: ${started.said}`)
    if (Date.now() > until) throw new FolderInUse(o.data, readPidFile(o.data)?.pid ?? null)
    await new Promise((done) => setTimeout(done, pauseMs))
  }
}

/** Takes PostgreSQL down with us even when we are killed without a word; see watchdog.mjs. */
export function watch(o: { data: string; pid: number; removeDir?: string | undefined }): ChildProcess {
  const script = fileURLToPath(new URL('./watchdog.mjs', import.meta.url))
  const args = [script, o.data, String(o.pid), ...(o.removeDir === undefined ? [] : [o.removeDir])]
  const child = spawn(process.execPath, args, { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.unref()
  child.on('error', () => undefined)
  return child
}

async function attempt(o: Launch): Promise<Postmaster | { said: string }> {
  const { argument, options } = placed(o.data, o.account)
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...o.settings].flatMap((each) => ['-c', each])
  // A session of its own: Ctrl-C in the terminal must not end the database before those who use it.
  const child = spawn(o.binaries.postgres, ['-D', argument, '-p', String(o.port), ...settings], {
    ...options,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said = collect(child, o.log)
  let over = false
  const exited = new Promise<void>((done) => child.once('close', () => done()).once('error', (error) => (said.push(error.message), done())))
  void exited.then(() => (over = true))
  while (!over && !isReady(o.data, child.pid)) await Promise.race([exited, new Promise((done) => setTimeout(done, 10))])
  return over || child.pid === undefined ? { said: said.join('\n') } : { child, pid: child.pid, exited }
}

/** Passes PostgreSQL's lines on and keeps the latest, to explain a start that fails. */
function collect(child: ChildProcess, log: (line: string) => void): string[] {
  const kept: string[] = []
  let rest = ''
  child.stderr?.on('data', (part) => {
    const lines = (rest + String(part)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) log(line)
    kept.push(...lines)
    kept.splice(0, kept.length - 20)
  })
  return kept
}

function isReady(data: string, pid: number | undefined): boolean {
  const file = readPidFile(data)
  return file !== null && file.pid === pid && file.status === 'ready'
}

function readPidFile(data: string): { pid: number; status: string } | null {
  try {
    const lines = readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), status: (lines[7] ?? '').trim() }
  } catch {
    return null
  }
}

/**
 * The pid in a left lock file is a zombie's or was given to an unrelated process since. PostgreSQL would take it for a living server;
 * with the pid of its own parent in the file it knows better, and still checks that no backend of the dead one holds the memory.
 */
function disown(data: string): void {
  const file = path.join(data, 'postmaster.pid')
  const lines = readFileSync(file, 'utf8').split('\n')
  writeFileSync(file, [String(process.pid), ...lines.slice(1)].join('\n'))
}
