import type { ErrorCode } from '@sluice/protocol'

/** An expected refusal: data for the caller, never a bug. A subclass per code, so that the edge maps by class. */
export abstract class Refusal extends Error {
  abstract readonly code: ErrorCode
}

export class NotFound extends Refusal {
  readonly code = 'NOT_FOUND'
  override readonly name = 'NotFound'
  static of = (what: string, id: string): NotFound => new NotFound(`There is no ${what} ${id}.`)
}

export class Forbidden extends Refusal {
  readonly code = 'FORBIDDEN'
  override readonly name = 'Forbidden'
}

/** path names the argument that is wrong, from the input object's field down into JSON: ['input', 'seconds']. */
export class InvalidInput extends Refusal {
  readonly code = 'INVALID_INPUT'
  override readonly name = 'InvalidInput'
  readonly path: string[]
  constructor(path: string[], message: string) {
    super(message)
    this.path = path
  }
}

/** flowId names the flow whose actual outcome the caller should read. */
export class FlowAlreadyTerminal extends Refusal {
  readonly code = 'FLOW_ALREADY_TERMINAL'
  override readonly name = 'FlowAlreadyTerminal'
  readonly flowId: string
  constructor(flowId: string, status: string, reason: string | null) {
    super(`Flow ${flowId} has ended: ${status}${reason ? ` (${reason})` : ''}.`)
    this.flowId = flowId
  }
}

export class FlowNotQueued extends Refusal {
  readonly code = 'FLOW_NOT_QUEUED'
  override readonly name = 'FlowNotQueued'
}

export class FlowNotStarted extends Refusal {
  readonly code = 'FLOW_NOT_STARTED'
  override readonly name = 'FlowNotStarted'
}

export class StaleLease extends Refusal {
  readonly code = 'STALE_LEASE'
  override readonly name = 'StaleLease'
}

export class IdempotencyKeyReused extends Refusal {
  readonly code = 'IDEMPOTENCY_KEY_REUSED'
  override readonly name = 'IdempotencyKeyReused'
}

export class LaneClosed extends Refusal {
  readonly code = 'LANE_CLOSED'
  override readonly name = 'LaneClosed'
}

export class LimitExceeded extends Refusal {
  readonly code = 'LIMIT_EXCEEDED'
  override readonly name = 'LimitExceeded'
  readonly limit: number
  constructor(limit: number, message: string) {
    super(message)
    this.limit = limit
  }
}

/** What was to be changed is no longer as the caller saw it. */
export class Conflict extends Refusal {
  readonly code = 'CONFLICT'
  override readonly name = 'Conflict'
}

/** rule names what is wrong with a URL as it is written; null for a name that resolves to an address that is not allowed (D-17). */
export class UrlNotAllowed extends Refusal {
  readonly code = 'URL_NOT_ALLOWED'
  override readonly name = 'UrlNotAllowed'
  readonly rule: string | null
  constructor(rule: string | null, message: string) {
    super(message)
    this.rule = rule
  }
}

export class DeliveryInProgress extends Refusal {
  readonly code = 'DELIVERY_IN_PROGRESS'
  override readonly name = 'DeliveryInProgress'
}

export class EndpointGone extends Refusal {
  readonly code = 'ENDPOINT_GONE'
  override readonly name = 'EndpointGone'
}

export class BodyPurged extends Refusal {
  readonly code = 'BODY_PURGED'
  override readonly name = 'BodyPurged'
}

/** Nothing waits for this answer: it was given, timed out, or the flow ended. */
export class NotResumable extends Refusal {
  readonly code = 'NOT_RESUMABLE'
  override readonly name = 'NotResumable'
}

export class InvalidDecision extends Refusal {
  readonly code = 'INVALID_DECISION'
  override readonly name = 'InvalidDecision'
}

/** The code that runs asks for something else under this key than what is remembered (D-32). */
export class MemoMismatch extends Refusal {
  readonly code = 'MEMO_MISMATCH'
  override readonly name = 'MemoMismatch'
}
