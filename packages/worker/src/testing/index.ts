/** `@sluice/worker/testing`: run a handler without a server. */
export { runHandler, type HandlerRun, type RunHandlerOptions, type TestOutcome } from './run-handler.ts'
export type { Remembered } from './test-talk.ts'
