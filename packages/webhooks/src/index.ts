/** Signs a webhook, sends one attempt, says what came of it. Knows neither the database nor when to try again. */
export { createWebhookSender, type Attempt, type WebhookSender, type WebhookSenderOptions } from './sender.ts'
export { signatureHeaders, type Signable } from './sign.ts'
