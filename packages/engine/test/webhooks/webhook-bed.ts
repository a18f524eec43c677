/** An engine with endpoints, and a receiver that answers as told: the request itself has tests of its own, with real sockets (packages/webhooks, e2e). */
import { eventually } from '@sluice/testkit/db'
import type { AttemptReport } from '@sluice/protocol'
import { cancelFlows, createWebhookEndpoint, finishFlows } from '../../src/index.ts'
import type { DeliveryCaller, DeliveryToSend, EngineSettings } from '../../src/index.ts'
import { openDeliverer } from '../../src/services/deliver.ts'
import type { Deliverer } from '../../src/services/deliver.ts'
import { testbed } from '../testbed.ts'
import type { Bed } from '../testbed.ts'

export const answered = (statusCode: number, more: Partial<AttemptReport> = {}): AttemptReport => ({
  durationMs: 1, address: '192.0.2.1', requestHeaders: {}, statusCode, errorClass: null, responseHeaders: {}, responseExcerpt: '', retryAfterMs: null, ...more,
})
export const failedWith = (errorClass: AttemptReport['errorClass']): AttemptReport => answered(0, { statusCode: null, errorClass, address: null, responseHeaders: null, responseExcerpt: null })

const aborted = (signal: AbortSignal): Promise<never> => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))

export type Answer = (delivery: DeliveryToSend) => AttemptReport | Promise<AttemptReport>

export interface DeliveryRow {
  id: string; event_id: string; endpoint_id: string; event_type: string; state: string; trigger: string; attempt_count: number; sequence: number | null; flow_id: string | null
  next_attempt_at: Date | null; last_error: string | null; replay_of: string | null; requested_by: string | null; ended_at: Date | null; revision: number; created_at: Date
}

export interface WebhookBed extends Bed {
  sent: DeliveryToSend[]
  operator: DeliveryCaller
  /** Starts a sender; what is under way at the end of the test is waited for. */
  deliver(answer?: Answer, o?: { sentBy?: string }): Deliverer
  endpoint(o?: { url?: string; events?: string[]; name?: string; principalId?: string | null; strictOrder?: boolean; inlineArtifacts?: boolean }): Promise<string>
  /** Creates a flow, works it and finishes it; its id. */
  finish(result?: string): Promise<string>
  /** Creates and cancels so many: one terminal event each, by one statement. */
  cancelled(count: number): Promise<string[]>
  deliveries(): Promise<DeliveryRow[]>
  /** When every delivery has ended. */
  settled(): Promise<DeliveryRow[]>
}

export const TERMINAL = ['flow.finished', 'flow.failed', 'flow.cancelled']

export async function webhookBed(o: { settings?: Partial<EngineSettings>; url?: string } = {}): Promise<WebhookBed> {
  const bed = await testbed({ ...o, settings: { webhookScheduleMs: [1], sweepDeliveriesMs: 60_000, ...o.settings } })
  const deliverers: Deliverer[] = []
  const sent: DeliveryToSend[] = []
  const extra = {
    sent, operator: { actor: bed.owner, access: () => 'allow' as const },
    deliver: (answer: Answer = () => answered(200), d: { sentBy?: string } = {}) => {
      const deliverer = openDeliverer(bed.deps, { sentBy: d.sentBy ?? 'srv_sender', send: async (delivery, { signal }) => { sent.push(delivery); return Promise.race([answer(delivery), aborted(signal)]) } })
      deliverers.push(deliverer)
      return deliverer
    },
    endpoint: async (e: Parameters<WebhookBed['endpoint']>[0] = {}) => {
      const made = await createWebhookEndpoint(bed.deps, { actor: bed.owner, name: 'hook', url: 'https://hooks.example.com/T0/secret', events: TERMINAL, ...e })
      if (made instanceof Error) throw made
      return made.endpointId
    },
    finish: async (result = 'done') => {
      const [id = ''] = await bed.create(1)
      const leases = await bed.work(1)
      for (const done of await finishFlows(bed.deps, { actor: bed.workerActor, items: leases.map(lease => ({ lease, result })) })) if (done instanceof Error) throw done
      return id
    },
    cancelled: async (count: number) => {
      const ids = await bed.create(count)
      await cancelFlows(bed.deps, { caller: bed.caller, items: ids.map(id => ({ id })) })
      return ids
    },
    deliveries: async () => (await bed.sql('SELECT * FROM webhook_delivery ORDER BY created_at, id')) as unknown as DeliveryRow[],
    settled: () => eventually(async () => {
      const rows = await extra.deliveries()
      return rows.length > 0 && rows.every(row => row.ended_at !== null) && rows
    }, { deadlineMs: 15_000 }),
  }
  const dispose = bed[Symbol.asyncDispose].bind(bed)
  return Object.assign(bed, extra, {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(deliverers.map(d => d.close(0)))
      await dispose()
    },
  })
}
