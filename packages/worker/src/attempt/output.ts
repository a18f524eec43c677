/**
 * What the handler shows while it works, as frames: numbered per attempt, sent in batches, one batch at a time. A write is accepted when there
 * is room in a bounded buffer, and waits until then; so a control plane that is slow or away slows the handler down, and nothing is lost
 * in silence: what could not be said is told in the worker's log, and a frame that was refused leaves a warning in its place.
 */
import { LIMITS, type FrameKind, type Json } from '@sluice/protocol'
import { atMost } from '../at-most.ts'
import type { Log, LogFields } from '../log.ts'
import { FlowFailure } from '../outcome.ts'
import { cleanText, frameBytes, jsonPayload, linePieces, textPieces } from './frame-payload.ts'
import { quiet } from './quiet.ts'
import type { Frame } from './talk.ts'

export interface Output {
  /** A piece of the answer as it is made. Resolves when it is accepted into the buffer: await it, and a slow reader slows you down. */
  write(text: string): Promise<void>
  /** A line that tells what happens. */
  log(message: string, fields?: LogFields): Promise<void>
  /** A piece of data, at most 64 KiB. */
  json(value: unknown): Promise<void>
  /** Something that deserves a look. */
  warn(message: string, fields?: LogFields): Promise<void>
  /** Something that went wrong; the flow goes on. */
  error(message: string, fields?: LogFields): Promise<void>
}

export interface OutputChannel {
  readonly output: Output
  /** Resolves when all that was written so far was taken. */
  flush(): Promise<void>
  /** No more is accepted; resolves when the rest was taken, or after `withinMs`. */
  close(withinMs?: number): Promise<void>
}

export interface OutputOptions {
  /** Throws a FlowFailure for what is refused, and anything else when nobody wants to hear more. */
  append(frames: readonly Frame[]): Promise<void>
  log: Log
}

const BUFFER_BYTES = 512 * 1024
const BATCH_BYTES = 256 * 1024
/** What a frame weighs beside its payload. */
const OVERHEAD = 128
const EVERY_MS = 50
/** The frame, not the conversation, is what is wrong. */
const ABOUT_A_FRAME = ['INVALID_INPUT', 'LIMIT_EXCEEDED']

interface Unsent { kind: FrameKind; payload: Json; bytes: number }
interface Waiting extends Unsent { resolve(): void; reject(error: unknown): void }

export function createOutput(o: OutputOptions): OutputChannel {
  let accepted: (Unsent & { sequence: number })[] = []
  const waiting: Waiting[] = []
  let size = 0
  let sequence = 0
  let lost = 0
  let closed = false
  /** Why nothing more is sent; the handler hears an interruption, and nothing of a control plane that knows no output. */
  let broken: { error: unknown; isHeard: boolean } | null = null
  let pumping: Promise<void> | null = null
  let hurry: () => void = () => {}
  let isUrgent = false

  const admit = () => {
    while (waiting.length > 0 && (size === 0 || size + (waiting[0]?.bytes ?? 0) <= BUFFER_BYTES)) {
      const [first] = waiting.splice(0, 1)
      if (!first) return
      size += first.bytes
      accepted.push({ kind: first.kind, payload: first.payload, bytes: first.bytes, sequence: ++sequence })
      first.resolve()
    }
  }

  const pump = async () => {
    while (accepted.length > 0 && !broken) {
      if (!isUrgent && accepted.length < LIMITS.framesPerCallMax && size < BUFFER_BYTES / 2) await gathered()
      const batch = takeBatch(accepted)
      await deliver(batch).catch(breakOff)
      if (broken) return
      accepted = accepted.slice(batch.length)
      size -= batch.reduce((sum, frame) => sum + frame.bytes, 0)
      admit()
    }
    isUrgent = false
  }
  const gathered = () => new Promise<void>(resolve => {
    const timer = setTimeout(resolve, EVERY_MS)
    hurry = () => {
      clearTimeout(timer)
      resolve()
    }
  })
  const start = () => {
    if (accepted.length > 0 && !broken) pumping ??= pump().finally(() => {
      pumping = null
      start()
    })
  }
  const urge = async () => {
    while ((accepted.length > 0 || waiting.length > 0) && !broken) {
      isUrgent = true
      hurry()
      start()
      await pumping
    }
  }

  const deliver = async (frames: readonly Frame[]): Promise<void> => {
    try {
      await o.append(frames.map(({ sequence, kind, payload }) => ({ sequence, kind, payload })))
    } catch (error) {
      if (!(error instanceof FlowFailure) || !ABOUT_A_FRAME.includes(error.code)) throw error
      const [only, ...more] = frames
      if (!only) return
      if (more.length > 0) for (const half of halvesOf(frames)) await deliver(half)
      else await o.append([standIn(only, error)])
    }
  }
  const breakOff = (error: unknown) => {
    broken = { error, isHeard: !(error instanceof FlowFailure) }
    lost += accepted.length
    if (error instanceof FlowFailure) o.log.warn('the control plane takes no output; it is dropped', { code: error.code, error: error.message })
    for (const frame of waiting.splice(0)) settle(frame)
    accepted = []
    size = 0
  }
  const settle = (frame: Pick<Waiting, 'resolve' | 'reject'>) => {
    lost++
    if (broken?.isHeard) frame.reject(broken.error)
    else frame.resolve()
  }

  const put = (kind: FrameKind, payloads: readonly Json[]): Promise<void> => {
    const puts = payloads.map(payload => new Promise<void>((resolve, reject) => {
      const frame = { kind, payload, bytes: frameBytes(payload) + OVERHEAD, resolve, reject }
      if (broken) return settle(frame)
      if (closed) return reject(new Error('The handler is out: its output is closed'))
      waiting.push(frame)
    }))
    admit()
    start()
    if (size >= BUFFER_BYTES / 2) hurry()
    return Promise.all(puts).then(() => {})
  }
  const line = (kind: FrameKind) => quiet(async (message: string, fields?: LogFields) => await put(kind, linePieces(message, fields)))

  return {
    output: {
      write: quiet(async text => await put('TEXT', textPieces(cleanText(text)))),
      log: line('LOG'), warn: line('WARNING'), error: line('ERROR'),
      json: quiet(async value => await put('JSON', [jsonPayload(value)])),
    },
    flush: urge,
    close: async (withinMs = Infinity) => {
      closed = true
      await atMost(withinMs, urge())
      if (accepted.length + waiting.length > 0) breakOff(new Error('The handler is out'))
      if (lost > 0) o.log.warn('output was lost', { frames: lost })
    },
  }
}

const halvesOf = <T>(whole: readonly T[]): T[][] => [whole.slice(0, Math.ceil(whole.length / 2)), whole.slice(Math.ceil(whole.length / 2))]

const standIn = ({ sequence, kind }: Frame, error: FlowFailure): Frame => ({
  sequence, kind: 'WARNING', payload: `A frame (${kind}) was refused: ${error.message}`.slice(0, 1_000),
})

function takeBatch<T extends { bytes: number }>(frames: readonly T[]): T[] {
  let bytes = 0
  const end = frames.findIndex((frame, i) => {
    bytes += frame.bytes
    return i > 0 && (i >= LIMITS.framesPerCallMax || bytes > BATCH_BYTES)
  })
  return end === -1 ? [...frames] : frames.slice(0, end)
}
