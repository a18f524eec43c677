/** What a frame carries: texts that a database can hold, in pieces that a frame can hold. */
import { LIMITS, type Json } from '@sluice/protocol'
import type { LogFields } from '../log.ts'

/** Each character is at most six bytes of JSON. */
const PIECE_SURE = Math.floor((LIMITS.frameMaxBytes - 2) / 6)

/** U+0000 and halves of characters are what PostgreSQL cannot keep. */
export const cleanText = (text: string): string => String(text).replaceAll('\0', '\uFFFD').replaceAll(/\p{Surrogate}/gu, '\uFFFD')

export const frameBytes = (payload: Json): number => Buffer.byteLength(JSON.stringify(payload))

/** Together they are the text; none is cut within a character. Nothing is no frame. */
export function textPieces(text: string): string[] {
  if (text === '') return []
  if (text.length <= PIECE_SURE || (text.length <= LIMITS.frameMaxBytes && frameBytes(text) <= LIMITS.frameMaxBytes)) return [text]
  const pieces: string[] = []
  for (let at = 0; at < text.length;) {
    const end = endOfPiece(text, at)
    pieces.push(text.slice(at, end))
    at = end
  }
  return pieces
}

/** A line that is only a text is its text; with fields it is { message, fields }. */
export function linePieces(message: string, fields?: LogFields): Json[] {
  const text = cleanText(message)
  if (fields === undefined) return text === '' ? [''] : textPieces(text)
  const payload = { message: text, fields: cleanJson(fields) }
  return frameBytes(payload) <= LIMITS.frameMaxBytes ? [payload] : textPieces(`${text} ${JSON.stringify(payload.fields)}`)
}

/** Throws a TypeError. */
export function jsonPayload(value: unknown): Json {
  const payload = cleanJson(value)
  const bytes = frameBytes(payload)
  if (bytes > LIMITS.frameMaxBytes) throw new TypeError(`A frame may have ${LIMITS.frameMaxBytes} bytes, this has ${bytes}; keep what is larger as an artifact`)
  return payload
}

const cleanJson = (value: unknown): Json =>
  JSON.parse(JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'string' ? cleanText(inner) : inner)) ?? 'null') as Json

function endOfPiece(text: string, at: number): number {
  const end = Math.min(text.length, at + PIECE_SURE)
  const isCut = end < text.length && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))
  return isCut ? end - 1 : end
}
