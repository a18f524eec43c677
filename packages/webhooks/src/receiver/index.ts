/** A receiver of webhooks: `npm run receiver` for trying things, and the fixture of tests that need one which misbehaves. */
export { parseAnswer, type Answer } from './answer.ts'
export { startReceiver, type Answering, type Receiver, type ReceiverOptions } from './receiver.ts'
export { type Received } from './received.ts'
export { verify, type Verdict } from './verify.ts'
