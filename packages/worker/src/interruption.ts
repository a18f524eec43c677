/** Why a handler should stop: `signal.reason` of a handler's signal is always one of these. */
export const INTERRUPTIONS = {
  cancelled: 'Somebody cancelled the flow. Clean up and return or throw: whatever comes back, it ends CANCELLED.',
  lease_lost: 'The flow is no longer this worker\'s, perhaps another has it by now. Nothing that is returned will be reported.',
  shutdown: 'This worker is shutting down and its grace is over. Throw to give the flow back; a value returned soon is still reported.',
  suspended: 'The flow waits for an answer longer than it is held here, and its lease is closed. Get out; another attempt goes on when the answer comes.',
  replaced: 'Another worker registered under the same instance id. Nothing that is returned will be reported.',
} as const
export type InterruptionReason = keyof typeof INTERRUPTIONS

export class Interruption extends Error {
  override readonly name = 'Interruption'
  readonly reason: InterruptionReason

  constructor(reason: InterruptionReason) {
    super(INTERRUPTIONS[reason])
    this.reason = reason
  }
}
