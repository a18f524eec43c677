/** Where a unit of work stands in a distributed trace: the `traceparent` of W3C Trace Context, level 1. */
export interface TraceParent { traceId: string; spanId: string; flags: number }

// A later version may append fields after another hyphen; ff is no version.
const TRACE_PARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const ZEROS = /^0+$/
/** Version 0 knows one flag: sampled. */
const KNOWN_FLAGS = 1

/** undefined when it is none: who receives such a header goes on as if there were none. */
export function parseTraceParent(text: string | null | undefined): TraceParent | undefined {
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACE_PARENT.exec(text ?? '') ?? []
  if (version === undefined || (version === '00' && more !== undefined) || ZEROS.test(traceId) || ZEROS.test(spanId)) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags, 16) & KNOWN_FLAGS }
}

/** Version 00, which is always of 55 characters. */
export const formatTraceParent = ({ traceId, spanId, flags }: TraceParent): string => `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`
