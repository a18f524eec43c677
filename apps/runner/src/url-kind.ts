/** A kind that is a URL to call. Where it leads is fixed in the runner's file and held to the address policy by every single request. */
import type { Json } from '@sluice/protocol'
import { AddressRefused, OutboundFailed, type Outbound, type OutboundAnswer } from '@sluice/outbound'
import { fail, type Kind } from '@sluice/worker'
import { misfit, registrationOf, type KindBase } from './command-kind.ts'
import { fillUrl, Misfit } from './placeholders.ts'
import { resultOf, textOf, tooLarge } from './result.ts'

export interface UrlKind extends KindBase {
  /** With placeholders in the path and the query. */
  url: string
  method: string
  headers: Record<string, string>
}

export interface UrlSurroundings {
  outbound: Outbound
  /** RESULT_MAX. */
  resultMaxBytes: number
}

const TIMEOUT_MS = 60_000
const BODY_SHOWN = 4 * 1024
const WITHOUT_BODY = ['GET', 'HEAD']
/** The receiver says that another time may be better. */
const PASSING = [408, 429]

export function urlKind(spec: UrlKind, { outbound, resultMaxBytes }: UrlSurroundings): Kind {
  return {
    ...registrationOf(spec),
    handler: async ({ flow, signal, traceParent }) => {
      try {
        const answer = await outbound.send({
          ...requestOf(spec, { input: flow.input, traceParent }), timeoutMs: spec.timeoutMs ?? TIMEOUT_MS, maxBytes: resultMaxBytes, signal,
        })
        return outcomeOf(answer, { kind: flow.kind, maxBytes: resultMaxBytes })
      } catch (error) {
        return failureOf(error, flow.kind)
      }
    },
  }
}

/** Throws a Misfit. */
function requestOf({ url, method, headers }: UrlKind, { input, traceParent }: { input: Json; traceParent: string | null }) {
  const body = WITHOUT_BODY.includes(method) ? {} : { body: JSON.stringify(input) }
  const own: Record<string, string> = { 'user-agent': 'sluice-runner', accept: 'application/json, */*;q=0.5', ...('body' in body && { 'content-type': 'application/json' }) }
  const traced: Record<string, string> = traceParent === null ? {} : { traceparent: traceParent }
  return { url: fillUrl(url, input), method, headers: { ...own, ...traced, ...lowerCased(headers) }, ...body }
}

const lowerCased = (headers: Record<string, string>) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

function outcomeOf(answer: OutboundAnswer, { kind, maxBytes }: { kind: string; maxBytes: number }) {
  const { status, body, truncated } = answer
  const isSuccess = status >= 200 && status < 300
  if (isSuccess && truncated) return tooLarge({ what: kind, maxBytes, detail: { status } })
  if (isSuccess) return resultOf(body, { what: kind, maxBytes })
  const detail = { status, body: textOf(body.subarray(0, BODY_SHOWN)) }
  const redirected = status >= 300 && status < 400
  const message = `${kind} was answered with HTTP ${status}${redirected ? '; redirects are not followed' : ''}`
  return fail({ code: 'HTTP_STATUS', message, retryable: status >= 500 || PASSING.includes(status), detail })
}

function failureOf(error: unknown, kind: string) {
  if (error instanceof Misfit) return misfit(error)
  if (error instanceof AddressRefused) return fail({ code: 'URL_NOT_ALLOWED', message: error.message, retryable: false, detail: { rule: error.rule } })
  if (error instanceof OutboundFailed) return fail({ code: error.code === 'TIMEOUT' ? 'HTTP_TIMED_OUT' : 'HTTP_FAILED', message: `${kind}: ${error.message}`, detail: { cause: error.code } })
  throw error
}
