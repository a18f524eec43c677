/**
 * A process of its own that sends one attempt: which authorities it trusts is said by NODE_EXTRA_CA_CERTS, as an operator would, and nothing in the sender
 * could be told to trust less. Names lead to this machine. Argument: the address; it prints the report.
 */
import { createWebhookSender } from '../src/index.ts'
import { SECRET } from './secret.ts'

const [url = ''] = process.argv.slice(2)
const sender = createWebhookSender({ allowHosts: '127.0.0.1', allowHttp: false, timeoutMs: 20_000, version: '1.2.3', resolve: () => Promise.resolve(['127.0.0.1']) })
const report = await sender.send({ deliveryId: 'dlv_1', url, body: '{"delivery_id":"dlv_1"}', secrets: [SECRET], unsignedAllowed: false, at: new Date() })
await sender.close()
process.stdout.write(JSON.stringify(report))
