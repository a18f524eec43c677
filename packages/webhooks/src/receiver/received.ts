import type { IncomingMessage } from 'node:http'
import { verify } from './verify.ts'

/** One request that came. */
export interface Received {
  at: Date
  method: string
  path: string
  headers: Record<string, string | string[] | undefined>
  body: Buffer
  /** The body as JSON; null when it is none. */
  event: WebhookBody | null
  deliveryId: string | null
  /** How often this delivery has come, this time included. */
  time: number
  /** null = verified; else why not. */
  unverified: string | null
  /** What it was answered with, in the words of `parseAnswer`; null until then. */
  answered: string | null
}

/** What of the body is told; all of it may be missing. */
export interface WebhookBody {
  type?: string
  delivery_id?: string
  event_id?: string
  sequence?: number
  data?: { flow?: { id?: string; title?: string | null; status?: string } }
}

export function receivedOf(o: { request: IncomingMessage; body: Buffer; secrets: readonly string[]; timeOf: (deliveryId: string) => number }): Received {
  const { request: { headers, method = '', url = '' }, body } = o
  const deliveryId = [headers['webhook-id'] ?? []].flat()[0] ?? null
  return {
    at: new Date(), method, path: url, headers, body, event: parsed(body), deliveryId, time: deliveryId === null ? 1 : o.timeOf(deliveryId),
    unverified: verify({ headers, body, secrets: o.secrets })?.why ?? null, answered: null,
  }
}

function parsed(body: Buffer): WebhookBody | null {
  try {
    const value: unknown = JSON.parse(body.toString())
    return typeof value === 'object' && value !== null ? value : null
  } catch {
    return null
  }
}

/** `12:03:04  flow.finished  flow_01… "Word count" FINISHED  event evt_… no. 4  delivery dlv_…  verified  → 200` */
export function lineOf({ at, method, path, event, deliveryId, time, unverified, answered }: Received): string {
  const flow = event?.data?.flow
  return [
    at.toTimeString().slice(0, 8),
    event?.type ?? `${method} ${path} without an event`,
    ...(flow ? [[flow.id, flow.title ? JSON.stringify(flow.title) : null, flow.status].filter(Boolean).join(' ')] : []),
    ...(event?.event_id ? [`event ${event.event_id}${event.sequence === undefined ? '' : ` no. ${event.sequence}`}`] : []),
    `delivery ${deliveryId ?? 'without an id'}${time > 1 ? ` (time ${time})` : ''}`,
    unverified === null ? 'verified' : `NOT VERIFIED: ${unverified}`,
    `→ ${answered ?? 'nothing yet'}`,
  ].map(plain).join('  ')
}

/** Whoever can reach the port could steer the terminal else. */
export const plain = (text: unknown): string => String(text).replace(/(?![\t\n])\p{Cc}/gu, '\ufffd')

