/** What comes back, and what a failure tells: a code, and never a message of the platform, which may hold an address that was not connected to. */
import { AddressRefused } from './policy.ts'

export interface OutboundAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
  /** There was more than maxBytes. */
  truncated: boolean
  /** Where the connection went. */
  address: string
}

/** UNRESOLVED: the name has no address now. NO_CONNECTION, TLS, TIMEOUT. BROKEN: connected, and no whole answer came. */
export type FailureCode = 'UNRESOLVED' | 'NO_CONNECTION' | 'TLS' | 'TIMEOUT' | 'BROKEN'

/** There was no whole answer; another time there may be one. */
export class OutboundFailed extends Error {
  override readonly name = 'OutboundFailed'
  readonly code: FailureCode
  /** null when no connection was made. */
  readonly address: string | null
  /** What had come when it broke off; null when not even its headers had. */
  readonly answer: OutboundAnswer | null

  constructor(code: FailureCode, o: { message: string; address: string | null; answer?: OutboundAnswer | null }) {
    super(o.message)
    this.code = code
    this.address = o.address
    this.answer = o.answer ?? null
  }
}

/** How far a request came. */
export interface Progress {
  url: string
  timeoutMs: number
  timedOut: boolean
  address: string | null
  answer: OutboundAnswer | null
}

/** What to throw for what was thrown: AddressRefused as it is, everything else as an OutboundFailed. */
export function failureOf(error: unknown, { url, timeoutMs, timedOut, address, answer }: Progress): AddressRefused | OutboundFailed {
  if (error instanceof AddressRefused) return error
  const { host } = new URL(url)
  if (timedOut) return new OutboundFailed('TIMEOUT', { message: `${host} did not answer within ${timeoutMs} ms`, address, answer })
  const code = codeOf(error)
  const kind = failureCode(code, address)
  return new OutboundFailed(kind, { message: `${host} ${SENTENCES[kind]}${code ? ` (${code})` : ''}`, address, answer })
}

const SENTENCES: Record<FailureCode, string> = {
  UNRESOLVED: 'has no address', NO_CONNECTION: 'could not be connected to', TLS: 'does not prove who it is', TIMEOUT: 'did not answer in time', BROKEN: 'gave no whole answer',
}

function failureCode(code: string, address: string | null): FailureCode {
  if (['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA', 'ETIMEOUT', 'ESERVFAIL', 'EREFUSED', 'EBADRESP', 'EFORMERR', 'EBADNAME', 'ENOTIMP'].includes(code)) return 'UNRESOLVED'
  if (/^ERR_TLS|^ERR_SSL|CERT|^UNABLE_TO|^EPROTO$/.test(code)) return 'TLS'
  return address === null ? 'NO_CONNECTION' : 'BROKEN'
}

export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '')
