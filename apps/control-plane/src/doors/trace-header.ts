import type { IncomingMessage } from 'node:http'
import { parseTraceParent, type TraceParent } from '@sluice/protocol'

/** Where the caller stands in a trace; a header that is none is passed over (W3C Trace Context). */
export function parentOf({ headers }: IncomingMessage): TraceParent | undefined {
  const said = headers['traceparent']
  return typeof said === 'string' ? parseTraceParent(said) : undefined
}
