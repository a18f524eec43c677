import { setTimeout as pause } from 'node:timers/promises'
import path from 'node:path'
import { migrate } from '@sluice/db/migrate'
import { SERVER_ONLY, environmentOf, withPort, type Config, type Environment } from '../config.ts'
import { CONTROL_PLANE_PROGRAM, MIGRATIONS, RUNNER_PROGRAM, VERSION } from '../checkout.ts'
import { announce } from './announce.ts'
import { bootstrap, runnerIsRegistered, type Bootstrapped } from './bootstrap.ts'
import { dataFolder, leave, mark, take, writeRunFile, type DataFolder, type RunFile } from './data-folder.ts'
import { requireReachable, startDatabase } from './database.ts'
import { takeKeys } from './keys.ts'
import { keepRunning, type Kept, type Running } from './keep-running.ts'
import { requireFreePort } from './listening-place.ts'
import { startProgram, tail } from './programs.ts'
import { Refused } from './refused.ts'
import { runnerFileNews, type RunnerFileNews } from './runner-file-news.ts'

interface Tree {
  config: Config
  folder: DataFolder
  run: RunFile
  /** In the order of their start; they end in the reverse. */
  kept: Kept[]
  runnerFile: RunnerFileNews
  say(line: string): void
}

/** Control plane: its own limits are 10 s for what is being answered and then 10 s for what is being sent, and it must have the chance to keep them. */
const CONTROL_PLANE_GRACE_MS = 25_000
/** What the runner needs beyond RUNNER_GRACE to interrupt what runs and report it. */
const RUNNER_EXTRA_MS = 15_000
const CONTROL_PLANE_TRIES = 3

/**
 * Runs the whole of Sluice on one data folder until `stop` is aborted: database, control plane and runner, each started again when it
 * ends. Resolves when all have ended in order. When `kill` is aborted they end at once. Throws Refused and the like when it cannot start.
 */
export async function supervise(given: Config, o: { stop: AbortSignal; kill: AbortSignal; say(line: string): void }): Promise<void> {
  const folder = dataFolder(given.dataDir)
  await take(folder)
  const run: RunFile = { version: VERSION, address: given.address, supervisor: mark(process.pid), postgres: null, controlPlane: null, runner: null, databaseUrl: null }
  const tree: Tree = { config: given, folder, run, kept: [], runnerFile: runnerFileNews(o.say), say: o.say }
  const killAll = () => tree.kept.forEach(each => each.kill())
  o.kill.addEventListener('abort', killAll, { once: true })
  try {
    await startAll(tree, { stop: o.stop })
    await aborted(o.stop)
  } catch (error) {
    if (!o.stop.aborted) throw error
  } finally {
    if (o.stop.aborted) o.say(stopping(tree.config))
    for (const each of tree.kept.reverse()) await each.stop()
    leave(folder)
    if (o.stop.aborted) o.say('Stopped.')
  }
}

/** Long work makes a stop long: whoever waits is told how long and for what. */
function stopping({ runnerGraceMs }: Config): string {
  return `Stopping: the runner first, the database last. Waits up to ${runnerGraceMs / 1000} s (RUNNER_GRACE) for running work; again to end at once.`
}

async function startAll(tree: Tree, o: { stop: AbortSignal }): Promise<void> {
  tree.config = withPort(tree.config, await requireFreePort(tree.config))
  tree.run.address = tree.config.address
  const url = await openDatabase(tree)
  await migrate(url(), MIGRATIONS)
  const access = await bootstrap({ url: url(), config: tree.config, folder: tree.folder })
  o.stop.throwIfAborted()
  const keys = takeKeys({ config: tree.config, folder: tree.folder, sealedWith: access.sealedWith, linksSigned: access.linksSigned })
  const controlPlane = await keepControlPlane(tree, { url, keys: keys.env })
  // Without the API there is nobody the runner could ask for work, and nobody to ask whether it is ready.
  if (tree.config.roles.includes('api')) {
    await keepRunner(tree, { token: access.runnerToken })
    await untilReady(tree, { controlPlane, url, access, stop: o.stop })
  }
  announce({ config: tree.config, folder: tree.folder, signInLink: access.signInLink, runnerFault: tree.runnerFile.atStart(), notes: keys.notes, say: tree.say })
}

/** Returns how to reach the database now; a start after a crash may have had to choose another port. */
async function openDatabase(tree: Tree): Promise<() => string> {
  const { databaseUrl } = tree.config
  if (databaseUrl !== null) {
    await requireReachable(databaseUrl)
    return () => databaseUrl
  }
  let url = ''
  const start = async () => {
    const database = await startDatabase(tree.folder)
    url = database.url
    return database
  }
  await keep(tree, { name: 'database', part: 'postgres', start, onStart: () => (tree.run.databaseUrl = url) })
  return () => url
}

function keepControlPlane(tree: Tree, o: { url(): string; keys: Environment }): Promise<Kept> {
  const start = () =>
    startProgram({
      file: CONTROL_PLANE_PROGRAM,
      env: environmentOf({ DATABASE_URL: o.url(), PORT: String(tree.config.port), SLUICE_DATA_DIR: tree.folder.dir, ...o.keys }),
      logFile: path.join(tree.folder.logs, 'control-plane.log'),
      graceMs: CONTROL_PLANE_GRACE_MS,
    })
  return keep(tree, { name: 'control plane', part: 'controlPlane', start, ready: running => untilAnswering(tree.config, running) })
}

function keepRunner(tree: Tree, o: { token: string }): Promise<Kept> {
  let registered: Promise<void> = Promise.resolve()
  const start = () => {
    let tell: () => void = () => undefined
    registered = new Promise(resolve => (tell = resolve))
    return startProgram({
      file: RUNNER_PROGRAM,
      // Commands inherit this environment: what only the server may know is not in it.
      env: environmentOf({ ...SERVER_ONLY, SLUICE_URL: localAddress(tree.config), SLUICE_TOKEN: o.token, SLUICE_SUPERVISED: '1', SLUICE_DATA_DIR: tree.folder.dir }),
      logFile: path.join(tree.folder.logs, 'runner.log'),
      graceMs: tree.config.runnerGraceMs + RUNNER_EXTRA_MS,
      onMessage: message => {
        tree.runnerFile.hear(message)
        if (saysRegistered(message)) tell()
      },
    })
  }
  return keep(tree, { name: 'runner', part: 'runner', start, ready: () => registered })
}

const saysRegistered = (message: unknown): boolean => (message as { registered?: unknown } | null)?.registered === true

async function keep(
  tree: Tree,
  o: { name: string; part: 'postgres' | 'controlPlane' | 'runner'; start(): Promise<Running>; onStart?(): void; ready?(running: Running): Promise<void> },
): Promise<Kept> {
  const onStart = ({ pid }: Running) => {
    o.onStart?.()
    tree.run[o.part] = mark(pid)
    writeRunFile(tree.folder, tree.run)
  }
  // Without more to wait for, it is ready when it has started.
  const kept = await keepRunning({ name: o.name, start: o.start, onStart, ready: o.ready ?? (async () => undefined), say: tree.say })
  tree.kept.push(kept)
  return kept
}

/** Ready is when pages open, the database answers and the samples have somebody to run them. */
async function untilReady(tree: Tree, o: { controlPlane: Kept; url(): string; access: Bootstrapped; stop: AbortSignal }): Promise<void> {
  const isReady = async () => (await isAnswering(tree.config)) && (await runnerIsRegistered({ url: o.url(), since: o.access.at }))
  while (!(await isReady())) {
    if (o.controlPlane.restarts >= CONTROL_PLANE_TRIES) throw new Refused(startFailure(tree.folder))
    await pause(50, undefined, { signal: o.stop })
  }
}

/** Until it does, or has ended. */
async function untilAnswering(config: Config, { ended }: Running): Promise<void> {
  const over = new AbortController()
  void ended.then(() => over.abort())
  while (!over.signal.aborted && !(await isAnswering(config))) await pause(50, undefined, { signal: over.signal }).catch(() => undefined)
}

/** Its pages open, and the database answers it. */
const isAnswering = (config: Config): Promise<boolean> =>
  fetch(`${localAddress(config)}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(response => response.ok, () => false)

function startFailure(folder: DataFolder): string {
  const log = path.join(folder.logs, 'control-plane.log')
  return `The control plane does not start. The end of ${log}:\n${tail(log, 15)}`
}

/** How our own programs reach the control plane: a server that listens everywhere also listens here. */
function localAddress({ host, port }: Config): string {
  const here = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `http://${here.includes(':') ? `[${here}]` : here}:${port}`
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(done => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}
