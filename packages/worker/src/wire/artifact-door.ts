/** The door of artifacts: where one is, what is sent with every request, and what an answer means that is not a success. */
import { ERROR_CODES, type ErrorCode, type LeaseRef } from '@sluice/protocol'
import type { Refused } from './control-plane.ts'
import { Rejected, Unauthorized, Unreachable } from './transport.ts'

export const artifactPath = ({ lease, name }: { lease: LeaseRef; name: string }) =>
  `/flows/${encodeURIComponent(lease.flowId)}/artifacts/${encodeURIComponent(name)}`

export const leaseHeaders = ({ lease, token }: { lease: LeaseRef; token: string }) =>
  ({ authorization: `Bearer ${token}`, 'sluice-lease': `${lease.attempt}.${lease.epoch}` })

/** Throws Unreachable, Unauthorized or Rejected where it is no refusal. */
export function refusalIn(status: number, body: string): Refused {
  const { code, message, detail, title } = parse(body)
  const said = message ?? detail ?? title ?? `HTTP ${status}`
  if (status === 401) throw new Unauthorized(said)
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429
  if (!isRefusal) throw new Unreachable(said)
  if (ERROR_CODES.includes(code as ErrorCode)) return { code: code as ErrorCode, message: said }
  throw new Rejected(said)
}

function parse(body: string): { code?: string; message?: string; detail?: string; title?: string } {
  try {
    return (JSON.parse(body) ?? {}) as { code?: string }
  } catch {
    return {}
  }
}
