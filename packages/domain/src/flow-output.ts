/** A flow's answer, or why there is none (L-20 … L-23): orthogonal to how it ended, so that a missing answer is always explained. */
import type { FlowStatus, Json } from '@sluice/protocol'
import { isTerminal } from '@sluice/protocol'

export type OutputReason = 'SINGLE' | 'MULTIPLE' | 'NONE' | 'NON_STRING' | 'FAILED'
export interface FlowOutput { reason: OutputReason; text: string | null; source: string | null }

/** null while it has not ended. An empty text is an answer. */
export function outputOf({ status, result }: { status: FlowStatus; result: Json }): FlowOutput | null {
  if (!isTerminal(status)) return null
  if (status !== 'FINISHED') return { reason: 'FAILED', text: null, source: null }
  if (result === null) return { reason: 'NONE', text: null, source: null }
  return typeof result === 'string' ? { reason: 'SINGLE', text: result, source: 'result' } : { reason: 'NON_STRING', text: null, source: 'result' }
}
