/** What is kept of an attempt: bounded, safe to store, and without the address or a secret in it. */
import { ATTEMPT_LIMITS, type AttemptReport, type DeliveryErrorClass } from '@sluice/protocol'
import { AddressRefused, type OutboundAnswer, type OutboundFailed } from '@sluice/outbound'
import { REDACTED, redactorOf, type Redactor } from './redactor.ts'
import { retryAfterMs } from './retry-after.ts'
import { textOf, upToBytes, withoutControls } from './safe-text.ts'

export interface Outcome {
  url: string
  secrets: readonly Buffer[]
  /** When it was sent, by the corrected clock. */
  at: Date
  durationMs: number
  requestHeaders: Record<string, string>
  /** The answer, or why there is none. */
  came: OutboundAnswer | OutboundFailed | AddressRefused
}

const NO_ANSWER = { address: null, statusCode: null, responseHeaders: null, responseExcerpt: null, retryAfterMs: null } as const

export function reportOf(outcome: Outcome): AttemptReport {
  const { came, durationMs } = outcome
  const known = { durationMs, requestHeaders: withoutSignatures(outcome.requestHeaders), ...NO_ANSWER }
  if (came instanceof AddressRefused) return { ...known, errorClass: 'URL_NOT_ALLOWED' }
  if (!(came instanceof Error)) return { ...known, ...answered(came, { ...outcome, isWhole: true }), errorClass: null }
  return { ...known, address: came.address, ...(came.answer && answered(came.answer, { ...outcome, isWhole: false })), errorClass: came.code }
}

/** It was not even tried. */
export const unsent = (errorClass: DeliveryErrorClass, requestHeaders: Record<string, string>): AttemptReport =>
  ({ durationMs: 0, requestHeaders, ...NO_ANSWER, errorClass })

/** Who reads attempts could send the same again while the signature is young: that there was one, for each secret, is enough. */
const withoutSignatures = ({ 'webhook-signature': signatures, ...others }: Record<string, string>): Record<string, string> =>
  (signatures === undefined ? others : { ...others, 'webhook-signature': signatures.replace(/v1,\S+/g, `v1,${REDACTED}`) })

function answered(answer: OutboundAnswer, { url, secrets, at, durationMs, isWhole }: Outcome & { isWhole: boolean }) {
  const redactor = redactorOf({ url, secrets })
  const retryAfter = [answer.headers['retry-after']].flat()[0]
  return {
    address: answer.address,
    statusCode: answer.status,
    responseHeaders: headersOf(answer.headers, redactor),
    responseExcerpt: excerptOf(answer, { redactor, isCut: answer.truncated || !isWhole }),
    retryAfterMs: retryAfterMs(retryAfter, new Date(at.getTime() + durationMs)),
  }
}

/** Headers by which somebody would be let in. */
const SECRET_HEADER = /cookie|authori[sz]ation|token|secret|password|credential|session|api-?key|signature/i

/** After redaction: a cut before it could leave half of what it looks for. */
function headersOf(headers: OutboundAnswer['headers'], { redact }: Redactor): Record<string, string> {
  const shown = (text: string) => upToBytes(redact(withoutControls(text)), ATTEMPT_LIMITS.headerMaxBytes)
  const entries = Object.entries(headers).slice(0, ATTEMPT_LIMITS.headersMax)
  return Object.fromEntries(entries.map(([name, value]) => [shown(name), SECRET_HEADER.test(name) ? REDACTED : shown([value ?? ''].flat().join(', '))]))
}

function excerptOf({ body, headers }: OutboundAnswer, { redactor, isCut }: { redactor: Redactor; isCut: boolean }): string {
  const encoding = [headers['content-encoding'] ?? 'identity'].flat().join(',').trim().toLowerCase()
  if (encoding !== 'identity' && encoding !== '' && body.length > 0) return '(compressed, although that was not asked for; not shown)'
  return upToBytes(redactor.redact(textOf(body, { isCut }), { isCut }), ATTEMPT_LIMITS.bodyMaxBytes)
}
