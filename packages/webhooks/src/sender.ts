import { ATTEMPT_LIMITS, type AttemptReport } from '@sluice/protocol'
import { AddressRefused, createDnsResolve, createOutbound, OutboundFailed, type KeepOptions, type OutboundOptions, type Resolve } from '@sluice/outbound'
import { reportOf, unsent } from './report.ts'
import { signatureHeaders } from './sign.ts'

export interface WebhookSenderOptions extends Pick<OutboundOptions, 'allowHosts' | 'allowHttp'> {
  /** Default: createDnsResolve, so that a receiver whose name servers are silent delays no other. */
  resolve?: Resolve
  /** For all of an attempt: resolving, connecting, the answer to its last byte. */
  timeoutMs: number
  /** Of Sluice, for the header user-agent. */
  version: string
}

export interface Attempt {
  deliveryId: string
  url: string
  /** Exactly these bytes are signed and sent. */
  body: string
  /** Those that live, newest first. */
  secrets: readonly Buffer[]
  /** Whether it is sent without a signature where there is no secret. */
  unsignedAllowed: boolean
  /** Now, by the corrected clock: receivers refuse what was signed minutes ago. */
  at: Date
  /** Aborted: `send` throws its reason. The receiver may have got it. */
  signal?: AbortSignal
}

export interface WebhookSender {
  /** One attempt. Whatever a receiver, a resolver or a network does is a value. */
  send(attempt: Attempt): Promise<AttemptReport>
  /** Lets go of the connections that are kept. Attempts under way end by themselves. */
  close(): Promise<void>
}

/** Beside 32 attempts at once, of which 4 to one receiver. Four seconds is less than common receivers wait before they hang up. */
const KEEP: KeepOptions = { max: 64, perOrigin: 4, idleMs: 4_000 }

/** Throws an Error when allowHosts cannot be read. */
export function createWebhookSender({ timeoutMs, version, resolve = createDnsResolve(), ...policy }: WebhookSenderOptions): WebhookSender {
  const outbound = createOutbound({ ...policy, resolve, keep: KEEP })
  return {
    send: async attempt => {
      const body = Buffer.from(attempt.body)
      const headers = { 'content-type': 'application/json', 'user-agent': `Sluice-Webhooks/${version}`, ...signatureHeaders({ ...attempt, body }) }
      if (attempt.secrets.length === 0 && !attempt.unsignedAllowed) return unsent('UNSIGNED', headers)
      const begun = performance.now()
      const came = await outbound
        .send({ url: attempt.url, method: 'POST', headers, body, timeoutMs, maxBytes: ATTEMPT_LIMITS.bodyMaxBytes, ...(attempt.signal && { signal: attempt.signal }) })
        .catch(expected)
      return reportOf({ ...attempt, requestHeaders: headers, durationMs: Math.round(performance.now() - begun), came })
    },
    close: outbound.close,
  }
}

/** The reason of an abort, and faults of ours, go on. */
function expected(error: unknown): OutboundFailed | AddressRefused {
  if (error instanceof OutboundFailed || error instanceof AddressRefused) return error
  throw error
}
