import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { Running } from './keep-running.ts'

interface Program {
  /** The JavaScript file to run. */
  file: string
  env: Record<string, string | undefined>
  /** Gets all it prints, appended. */
  logFile: string
  /** After a SIGTERM it may take this long. */
  graceMs: number
  /** Gets what it sends over the channel between us. */
  onMessage?(message: unknown): void
}

/**
 * Starts one of our programs in a process group of its own: Ctrl-C in the terminal must reach only the supervisor, which knows the order
 * of the end. Its standard input and the channel between us close when we are gone, however we went; see end-with-supervisor.mjs.
 */
export async function startProgram(o: Program): Promise<Running> {
  const log = openSync(o.logFile, 'a', 0o600)
  const preload = new URL('./end-with-supervisor.mjs', import.meta.url)
  const child = spawn(process.execPath, ['--enable-source-maps', '--import', preload.href, o.file], {
    env: o.env,
    detached: true,
    stdio: ['pipe', log, log, 'ipc'],
  })
  closeSync(log)
  if (o.onMessage) child.on('message', o.onMessage)
  const ended = once(child, 'exit').then(([code, signal]: (string | number | null)[]) => `${signal ?? `exit code ${code}`}, see ${o.logFile}`)
  await once(child, 'spawn')
  const stop = async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), o.graceMs)
    await ended
    clearTimeout(timer)
  }
  return { pid: child.pid ?? 0, ended, stop, kill: () => void child.kill('SIGKILL') }
}

/** The last lines of a log, for a program that does not start. */
export function tail(file: string, lines: number): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
}

