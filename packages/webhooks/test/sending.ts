import { afterEach } from 'vitest'
import { startReceiver, type ReceiverOptions } from '../src/receiver/index.ts'
import { createWebhookSender, type Attempt, type WebhookSenderOptions } from '../src/index.ts'
import { SECRET, spelled } from './secret.ts'

const disposals: (() => unknown)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

/** Undone after the test, the last first. */
export const afterwards = (dispose: () => unknown): void => void disposals.push(dispose)

export { SECRET, spelled }

/** It may call this machine, unless the test says otherwise. */
export function sender(o: Partial<WebhookSenderOptions> = {}) {
  const made = createWebhookSender({ allowHosts: '127.0.0.1', allowHttp: true, timeoutMs: 5_000, version: '1.2.3', ...o })
  afterwards(made.close)
  return { ...made, attempt: (url: string, more: Partial<Attempt> = {}) => made.send({ ...ATTEMPT, at: new Date(), url, ...more }) }
}

const ATTEMPT = { deliveryId: 'dlv_1', body: '{"delivery_id":"dlv_1"}', secrets: [SECRET], unsignedAllowed: false }

export async function receiver(o: ReceiverOptions = {}) {
  const made = await startReceiver({ secrets: [spelled(SECRET)], ...o })
  afterwards(made.close)
  return made
}
