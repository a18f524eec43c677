import type { FrameKind, Json } from '@sluice/protocol'
import { textOfFrame } from './frame-text.ts'
import type { Frame } from './output-documents.ts'

/** A line of output. begins: it is the first of what it is a piece of. data: of JSON, to be unfolded. */
export interface OutputLine { attempt: number; kind: FrameKind; at: string; text: string; begins: boolean; data?: Json }
/** Where an attempt begins, and where pieces are missing because they are kept no longer. */
export interface OutputMark { attempt: number; kind: 'ATTEMPT' | 'TRIMMED'; missing: number }
export type Line = OutputLine | OutputMark

export const isMark = (line: Line): line is OutputMark => line.kind === 'ATTEMPT' || line.kind === 'TRIMMED'

/** Told no more often than that, however fast it comes. */
const TELL_MS = 50

/**
 * The lines of one flow's output, as its frames come, in order. Texts run on from frame to frame. A frame that was there already is not taken
 * twice, so that a connection may begin again anywhere; what is missing leaves a mark.
 */
export class FrameLines {
  #lines: Line[] = []
  #attempt = -1
  #sequence = 0
  #text: OutputLine | null = null
  #runs = false
  #marks = 0
  #missing = 0
  #version = 0
  #tells = false
  readonly #listeners = new Set<() => void>()

  readonly version = (): number => this.#version

  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** The same array for as long as it only grows. */
  get lines(): readonly Line[] {
    return this.#lines
  }

  /** The last attempt that said something; -1 = none. */
  get attempt(): number {
    return this.#attempt
  }

  /** How many lines were said; marks are none. */
  get said(): number {
    return this.#lines.length - this.#marks
  }

  /** How many pieces are kept no longer. */
  get missing(): number {
    return this.#missing
  }

  add(frames: readonly Frame[]): void {
    for (const frame of frames) this.#take(frame)
    this.#tell()
  }

  /** All is told anew. */
  clear(): void {
    this.#lines = []
    this.#marks = 0
    this.#missing = 0
    this.#attempt = -1
    this.#sequence = 0
    this.#text = null
    this.#runs = false
    this.#tell()
  }

  #take(frame: Frame): void {
    const { attempt, sequence } = frame
    if (attempt < this.#attempt || (attempt === this.#attempt && sequence <= this.#sequence)) return
    if (attempt > this.#attempt) this.#beginAttempt(attempt)
    const missing = sequence - this.#sequence - 1
    if (missing > 0) this.#mark({ attempt, kind: 'TRIMMED', missing })
    this.#sequence = sequence
    this.#write(frame)
  }

  #beginAttempt(attempt: number): void {
    this.#attempt = attempt
    this.#sequence = 0
    this.#mark({ attempt, kind: 'ATTEMPT', missing: 0 })
  }

  #mark(mark: OutputMark): void {
    this.#text = null
    this.#runs = false
    this.#marks += 1
    this.#missing += mark.missing
    this.#lines.push(mark)
  }

  #write({ attempt, kind, payload, at }: Frame): void {
    const text = textOfFrame(kind, payload)
    if (kind === 'TEXT') return this.#runOn({ attempt, at }, text)
    this.#text = null
    this.#runs = false
    if (kind === 'JSON') this.#lines.push({ attempt, kind, at, text, begins: true, data: payload })
    else this.#lines.push(...text.split('\n').map((piece, index) => ({ attempt, kind, at, text: piece, begins: index === 0 })))
  }

  #runOn({ attempt, at }: { attempt: number; at: string }, text: string): void {
    const pieces = text.split('\n')
    const open = this.#text
    if (open) open.text += pieces.shift() ?? ''
    for (const [index, piece] of pieces.entries()) {
      // A line break at the end begins no line yet.
      if (index === pieces.length - 1 && piece === '') { this.#text = null; return }
      this.#text = { attempt, kind: 'TEXT', at, text: piece, begins: !this.#runs }
      this.#runs = true
      this.#lines.push(this.#text)
    }
  }

  #tell(): void {
    if (this.#tells) return
    this.#tells = true
    setTimeout(() => {
      this.#tells = false
      this.#version += 1
      for (const listener of this.#listeners) listener()
    }, TELL_MS)
  }
}
