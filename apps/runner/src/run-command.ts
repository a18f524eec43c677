/**
 * One command from its start to its end: input as JSON on standard input, result on standard output, the last of standard error kept,
 * progress as JSON lines on file descriptor 3. Nothing goes through a shell. Whatever the command does, memory stays bounded: output above
 * the limit of a result ends it.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { createInterface } from 'node:readline'
import { LIMITS, type Json } from '@sluice/protocol'
import { endGroup, joinGroup, signalGroup } from './process-groups.ts'

export interface CommandOptions {
  argv: readonly string[]
  cwd: string
  env: Record<string, string>
  input: Json
  /** Aborted: SIGTERM to the group, and SIGKILL after `killAfterMs(reason)`. */
  signal: AbortSignal
  killAfterMs(reason: unknown): number
  onProgress(percent: number | null, message?: string): void
}

export interface CommandEnd {
  exitCode: number | null
  signal: NodeJS.Signals | null
  stdout: string
  /** The last 4 KiB. */
  stderr: string
  /** It wrote more than a result may have, and was ended for it. */
  flooded: boolean
  /** It could not be started at all; says why. */
  unstartable: string | null
}

const STDERR_KEPT = 4 * 1024
/** Somebody outside of the group may hold the pipes open; the command itself is out, so they get no longer than this. */
const PIPES_MS = 1_000

export async function runCommand(o: CommandOptions): Promise<CommandEnd> {
  const [file = '', ...args] = o.argv
  const child = spawn(file, args, { cwd: o.cwd, env: o.env, detached: true, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] })
  const exited = exitOf(child)
  if (child.pid === undefined) return neverStarted((await exited).error ?? 'it did not start')
  const group = child.pid
  joinGroup(group)

  const stdout = keepFirst(child.stdout, LIMITS.resultMaxBytes, () => signalGroup(group, 'SIGKILL'))
  const stderr = keepLast(child.stderr, STDERR_KEPT)
  readProgress(child.stdio[3] as Readable, o.onProgress)
  give(child.stdin, o.input)
  const release = stopWith(o, group)
  const { exitCode, signal } = await exited
  release()
  endGroup(group)
  await pipesClosed(child)
  return { exitCode, signal, stdout: stdout.text(), stderr: stderr.text(), flooded: stdout.flooded(), unstartable: null }
}

const neverStarted = (why: string): CommandEnd => ({ exitCode: null, signal: null, stdout: '', stderr: '', flooded: false, unstartable: why })

interface Exit { exitCode: number | null; signal: NodeJS.Signals | null; error: string | null }

const exitOf = (child: ChildProcess) =>
  new Promise<Exit>(resolve => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal, error: null }))
    child.once('error', error => resolve({ exitCode: null, signal: null, error: error.message }))
  })

function stopWith({ signal, killAfterMs }: CommandOptions, group: number): () => void {
  let timer: NodeJS.Timeout | undefined
  const stop = () => {
    signalGroup(group, 'SIGTERM')
    timer = setTimeout(() => signalGroup(group, 'SIGKILL'), killAfterMs(signal.reason))
  }
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

/** A command need not read its input. */
function give(stdin: Writable | null, input: Json) {
  stdin?.on('error', () => {})
  stdin?.end(JSON.stringify(input))
}

function keepFirst(stream: Readable | null, limit: number, onFlood: () => void) {
  const chunks: Buffer[] = []
  let size = 0
  stream?.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
    else onFlood()
  })
  return { text: () => Buffer.concat(chunks).toString('utf8'), flooded: () => size > limit }
}

function keepLast(stream: Readable | null, limit: number) {
  let kept = Buffer.alloc(0)
  stream?.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-limit)
  })
  return { text: () => kept.toString('utf8') }
}

function readProgress(stream: Readable, onProgress: CommandOptions['onProgress']) {
  stream.on('error', () => {})
  createInterface({ input: stream }).on('line', line => {
    const report = parseLine(line)
    if (report) onProgress(report.percent, report.message)
  })
}

function parseLine(line: string): { percent: number | null; message?: string } | null {
  if (line.length > 4096) return null
  try {
    const value = JSON.parse(line) as { percent?: unknown; message?: unknown } | null
    if (typeof value !== 'object' || value === null) return null
    return {
      percent: typeof value.percent === 'number' ? value.percent : null,
      ...(typeof value.message === 'string' && { message: value.message }),
    }
  } catch {
    return null
  }
}

async function pipesClosed(child: ChildProcess): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const streams = child.stdio.filter(stream => stream && !stream.destroyed && stream !== child.stdin)
  const closed = Promise.all(streams.map(stream => new Promise(resolve => stream?.once('close', resolve))))
  await Promise.race([closed, new Promise(resolve => (timer = setTimeout(resolve, PIPES_MS)))])
  clearTimeout(timer)
  for (const stream of child.stdio) stream?.destroy()
}
