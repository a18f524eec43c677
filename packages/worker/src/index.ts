/** The worker SDK: see README.md for the page, docs/protocol.md for what goes over the wire. */
export { createWorker, WorkerReplaced, type StopOptions, type Worker } from './worker.ts'
export { WorkerRefused } from './session.ts'
export type { WorkerOptions } from './options.ts'
export { defineKind, type FlowContext, type HandledFlow, type Kind, type KindDefaults } from './kind.ts'
export { fail, FlowFailure, type FailureOptions } from './outcome.ts'
export { Interruption, INTERRUPTIONS, type InterruptionReason } from './interruption.ts'
export { createLog, logWith, standardLog, type Log, type LogLevel } from './log.ts'
export type { BackoffOptions } from './wire/backoff.ts'
