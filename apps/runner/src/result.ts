/** What a command printed or a URL answered, as the result of its flow. */
import type { Json } from '@sluice/protocol'
import { fail, type FlowFailure } from '@sluice/worker'

/** The control plane takes no deeper one. */
const DEPTH_MAX = 128

/** JSON, else its text; a failure where it is more than may be stored. `what` begins the failure's sentence. */
export function resultOf(bytes: Buffer, o: { what: string; maxBytes: number }): Json | FlowFailure {
  const text = textOf(bytes)
  const value = parse(text)
  if (value === undefined) return Buffer.byteLength(JSON.stringify(text)) > o.maxBytes ? tooLarge(o) : text
  if (isDeeperThan(value, DEPTH_MAX)) return fail({ code: 'RESULT_TOO_DEEP', message: `${o.what} gave JSON that is nested deeper than ${DEPTH_MAX} levels`, retryable: false })
  return value
}

export const tooLarge = (o: { what: string; maxBytes: number; detail?: unknown }): FlowFailure =>
  fail({ code: 'RESULT_TOO_LARGE', message: `${o.what} gave more than the ${o.maxBytes} bytes that a result may have (RESULT_MAX)`, retryable: false, detail: o.detail })

/** UTF-8, with a replacement character for what is none and for U+0000, which no database text can hold. */
export const textOf = (bytes: Buffer): string => bytes.toString('utf8').replaceAll('\0', '\uFFFD')

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function isDeeperThan(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some(inner => isDeeperThan(inner, levels - 1))
}
