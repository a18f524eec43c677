import type { ErrorCode } from '@sluice/protocol'

const REASONS: Partial<Record<ErrorCode, string>> = {
  DELIVERY_IN_PROGRESS: 'A delivery of this event to this endpoint has not ended yet.',
  ENDPOINT_GONE: 'Its endpoint was deleted.',
  BODY_PURGED: 'What was sent is kept no longer.',
  FORBIDDEN: 'Your role does not allow it.',
}

/** Why a delivery cannot be replayed now, as a sentence; null = it can. */
export const whyNoReplay = (code: ErrorCode | null): string | null => code && (REASONS[code] ?? code)
