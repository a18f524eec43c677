/**
 * One command from its start to its end: input as JSON on standard input, result on standard output, the last of standard error kept,
 * progress as JSON lines on file descriptor 3. Nothing goes through a shell. Whatever the command does, memory stays bounded: output above
 * the limit of a result ends it, of the rest only the last is kept. What it prints is shown line by line on the way.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import type { Json } from '@sluice/protocol'
import type { Countdown } from './countdown.ts'
import { endGroup, joinGroup, signalGroup } from './process-groups.ts'
import { readProgress } from './read-progress.ts'
import { textOf } from './result.ts'
import { showLines } from './show-lines.ts'
import { MARK } from './strays.ts'

export interface CommandOptions {
  argv: readonly string[]
  cwd: string
  env: Record<string, string>
  input: Json
  /** The most that standard output may have; above it the command is ended. */
  maxBytes: number
  /** When it is over the command is ended like by the signal. */
  countdown: Countdown
  /** Aborted: SIGTERM to the group, and SIGKILL after `killAfterMs(reason)`; the reason of a timeout is null. */
  signal: AbortSignal
  killAfterMs(reason: unknown): number
  onProgress(percent: number | null, message?: string): void
  /** A line of standard output with its end, or a line of standard error; resolves when there is room for more. */
  onOutput(piece: string): Promise<void>
  onError(line: string): Promise<void>
}

export interface CommandEnd {
  exitCode: number | null
  signal: NodeJS.Signals | null
  stdout: Buffer
  /** The last 4 KiB. */
  stderr: string
  /** It wrote more than a result may have, and was ended for it. */
  flooded: boolean
  timedOut: boolean
  /** It could not be started at all: why, and whether that may be otherwise in a moment. */
  unstartable: { why: string; retryable: boolean } | null
}

const STDERR_KEPT = 4 * 1024
/** Somebody outside of the group may hold the pipes open; the command itself is out, so they get no longer than this. */
const PIPES_MS = 1_000

export async function runCommand(o: CommandOptions): Promise<CommandEnd> {
  const mark = randomUUID()
  const started = start(o, mark)
  if ('why' in started) return neverStarted(started)
  const { child, exited } = started
  if (child.pid === undefined) return neverStarted(reasonOf((await exited).error, o))
  const group = { pid: child.pid, mark }
  joinGroup(group)

  let isOut = false
  const stdout = keepFirst(child.stdout, o.maxBytes, () => isOut || signalGroup(group.pid, 'SIGKILL'))
  const stderr = keepLast(child.stderr, STDERR_KEPT)
  const shown = [showLines(child.stdout, { show: o.onOutput, whole: true }), showLines(child.stderr, { show: o.onError, whole: false })]
  readProgress(child.stdio[3] as Readable, o.onProgress)
  give(child.stdin, o.input)
  const stopping = stopWhenAsked(o, group.pid)
  const { exitCode, signal } = await exited
  isOut = true
  stopping.release()
  endGroup(group)
  for (const pipe of shown) pipe.hurry()
  await pipesClosed(child)
  await Promise.all(shown.map(pipe => pipe.accepted()))
  return { exitCode, signal, stdout: stdout.bytes(), stderr: stderr.text(), flooded: stdout.flooded(), timedOut: stopping.timedOut(), unstartable: null }
}

interface Unstartable { why: string; retryable: boolean }
interface Exit { exitCode: number | null; signal: NodeJS.Signals | null; error: NodeJS.ErrnoException | null }

/** Some failures are thrown (an argument list that is too long), others are told by an event (a program that is not there). */
function start(o: CommandOptions, mark: string): { child: ChildProcess; exited: Promise<Exit> } | Unstartable {
  const [file = '', ...args] = o.argv
  try {
    const child = spawn(file, args, { cwd: o.cwd, env: { ...o.env, [MARK]: mark }, detached: true, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] })
    return { child, exited: exitOf(child) }
  } catch (error) {
    return reasonOf(error as NodeJS.ErrnoException, o)
  }
}

const exitOf = (child: ChildProcess) =>
  new Promise<Exit>(resolve => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal, error: null }))
    child.once('error', error => resolve({ exitCode: null, signal: null, error }))
  })

/** The machine is short of something now. */
const PASSING = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM']

function reasonOf(error: NodeJS.ErrnoException | null, { argv: [file = ''], cwd }: CommandOptions): Unstartable {
  const code = error?.code ?? ''
  if (code === 'ENOENT') return { why: isFolder(cwd) ? `there is no program ${file}` : `its folder ${cwd} does not exist`, retryable: false }
  if (code === 'EACCES') return { why: `${file} may not be executed, or its folder ${cwd} not be entered`, retryable: false }
  if (code === 'E2BIG') return { why: 'its arguments are longer than the system takes', retryable: false }
  return { why: error?.message ?? 'it did not start', retryable: PASSING.includes(code) }
}

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

const neverStarted = (unstartable: Unstartable): CommandEnd => ({
  exitCode: null, signal: null, stdout: Buffer.alloc(0), stderr: '', flooded: false, timedOut: false, unstartable,
})

function stopWhenAsked({ signal, countdown, killAfterMs }: CommandOptions, group: number) {
  let timedOut = false
  let killing: NodeJS.Timeout | undefined
  const stop = (reason: unknown) => {
    signalGroup(group, 'SIGTERM')
    killing ??= setTimeout(() => signalGroup(group, 'SIGKILL'), killAfterMs(reason))
  }
  const onAbort = () => stop(signal.reason)
  countdown.start(() => {
    timedOut = !signal.aborted
    if (timedOut) stop(null)
  })
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return {
    timedOut: () => timedOut,
    release: () => {
      countdown.stop()
      clearTimeout(killing)
      signal.removeEventListener('abort', onAbort)
    },
  }
}

/** A command need not read its input. */
function give(stdin: Writable | null, input: Json) {
  stdin?.on('error', () => {})
  stdin?.end(JSON.stringify(input))
}

/** In one buffer that grows: a million chunks of one byte each would weigh a hundred times what they say. */
function keepFirst(stream: Readable | null, limit: number, onFlood: () => unknown) {
  let kept = Buffer.alloc(4096)
  let size = 0
  stream?.on('data', (chunk: Buffer) => {
    const before = size
    size += chunk.length
    if (size > limit) return before <= limit && onFlood()
    if (size > kept.length) kept = Buffer.concat([kept.subarray(0, before)], Math.max(size, 2 * kept.length))
    chunk.copy(kept, before)
  })
  return { bytes: () => kept.subarray(0, Math.min(size, kept.length)), flooded: () => size > limit }
}

function keepLast(stream: Readable | null, limit: number) {
  let kept = Buffer.alloc(0)
  stream?.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-limit)
  })
  return { text: () => textOf(kept) }
}

async function pipesClosed(child: ChildProcess): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const streams = child.stdio.filter(stream => stream && !stream.destroyed && stream !== child.stdin)
  const closed = Promise.all(streams.map(stream => new Promise(resolve => stream?.once('close', resolve))))
  await Promise.race([closed, new Promise(resolve => (timer = setTimeout(resolve, PIPES_MS)))])
  clearTimeout(timer)
  for (const stream of child.stdio) stream?.destroy()
}
