import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { FolderInUse, claim, disclaim, gone, processStart, signal, type Owned } from '@sluice/db/embedded'
import { CHECKOUT } from '../checkout.ts'
import { Refused } from './refused.ts'

/** A process by its pid and its beginning, because a pid alone may be another's by now. */
export interface ProcessMark {
  pid: number
  startedAt: string | null
}

/** `run.json`: what runs on this data folder, for those who come beside it. Readable by its owner only. */
export interface RunFile {
  version: string
  address: string
  supervisor: ProcessMark
  postgres: ProcessMark | null
  controlPlane: ProcessMark | null
  runner: ProcessMark | null
  /** Of the embedded database; null where DATABASE_URL names the server. */
  databaseUrl: string | null
}

export interface DataFolder extends Owned {
  runFile: string
  adminToken: string
  dataEncryptionKey: string
  webhookSecret: string
  waitpointSecret: string
  postgres: string
  logs: string
}

const LEFTOVERS_MS = 5_000
const LOG_MAX_BYTES = 16 * 1024 ** 2

/** The data folder's places; a relative name counts from the checkout. Nothing is made. */
export function dataFolder(name: string): DataFolder {
  const dir = path.resolve(CHECKOUT, name)
  const at = (file: string) => path.join(dir, file)
  return {
    dir, ownerFile: at('owner.json'), runFile: at('run.json'), adminToken: at('admin-token'), dataEncryptionKey: at('data-encryption-key'),
    webhookSecret: at('webhook-secret'), waitpointSecret: at('waitpoint-hmac-secret'), postgres: at('postgres'), logs: at('logs'),
  }
}

/** Makes the folder and takes it for this process; refuses when another supervisor has it, and says where that one listens. */
export async function take(folder: DataFolder): Promise<void> {
  makePrivate(folder.dir)
  makePrivate(folder.logs)
  try {
    await claim(folder)
  } catch (error) {
    if (error instanceof FolderInUse) throw new Refused(alreadyRunning(folder, error))
    throw error
  }
  await outlive(folder)
  for (const name of readdirSync(folder.logs)) rotate(path.join(folder.logs, name))
}

/** One earlier log is kept, so that a folder which lives for years stays small. */
function rotate(log: string): void {
  if (!log.endsWith('.1') && statSync(log).size > LOG_MAX_BYTES) renameSync(log, `${log}.1`)
}

/** A killed supervisor's programs end by themselves, but may still hold the port; the database's own start sees to its own. */
async function outlive(folder: DataFolder): Promise<void> {
  const left = parseRunFile(folder)
  const programs = [left?.runner, left?.controlPlane].filter(each => each != null).filter(isRunning)
  for (const { pid } of programs) if (!(await gone(pid, LEFTOVERS_MS))) signal(pid, 'SIGKILL')
  rmSync(folder.runFile, { force: true })
}

/** Leaves the folder to the next: what ran is no longer told. */
export function leave(folder: DataFolder): void {
  rmSync(folder.runFile, { force: true })
  disclaim(folder)
}

export function writeRunFile(folder: DataFolder, run: RunFile): void {
  writePrivate(folder.runFile, `${JSON.stringify(run, null, 2)}\n`)
}

/** What runs on the folder now; null when nothing does, whatever a killed run left behind. */
export function readRunFile(folder: DataFolder): RunFile | null {
  const run = parseRunFile(folder)
  return run !== null && isRunning(run.supervisor) ? run : null
}

function parseRunFile(folder: DataFolder): RunFile | null {
  try {
    return JSON.parse(readFileSync(folder.runFile, 'utf8')) as RunFile
  } catch {
    return null
  }
}

/** Whole or not at all, also when the power fails, and never readable by others, not even for an instant. */
export function writePrivate(file: string, text: string): void {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600, flush: true })
  renameSync(draft, file)
  syncFolder(path.dirname(file))
}

/** The name must outlive a power cut as well as the bytes. Where folders cannot be opened (Windows), it cannot be asked for. */
function syncFolder(dir: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(dir, 'r')
  fsyncSync(folder)
  closeSync(folder)
}

export function mark(pid: number): ProcessMark {
  return { pid, startedAt: processStart(pid) }
}

function isRunning(process: ProcessMark): boolean {
  return processStart(process.pid) === process.startedAt
}

function makePrivate(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  chmodSync(dir, 0o700)
}

function alreadyRunning(folder: DataFolder, { pid }: FolderInUse): string {
  const run = readRunFile(folder)
  const where = run === null ? 'is just starting' : `is already running at ${run.address}`
  return `Sluice ${where} (process ${pid}) with the data in ${folder.dir}. Stop it with Ctrl-C or \`kill ${pid}\`, or set SLUICE_DATA_DIR and PORT for a second one.`
}
