import { LIMITS, type FlowStatus, type Json } from '@sluice/protocol'
import { formatBytes } from '../../ui/bytes.ts'
import type { FlowOfInputs, Input } from './input-documents.ts'

const isPending = ({ state }: Input): boolean => state === 'PENDING'

/** As the server weighs it. */
const bytesOf = (content: Json): number => new TextEncoder().encode(JSON.stringify(content)).length

/** How much of what a flow takes is there: "2 of 32 pending, 1.4 KiB of 1.0 MiB in all". */
export const roomOf = (inputs: readonly Input[]): string => {
  const bytes = inputs.reduce((sum, { state, content }) => sum + (state === 'REMOVED' ? 0 : bytesOf(content)), 0)
  return `${inputs.filter(isPending).length} of ${LIMITS.inputsMax} pending, ${formatBytes(bytes)} of ${formatBytes(LIMITS.inputsMaxBytes)} in all`
}

const STANDS: Partial<Record<FlowStatus, string>> = {
  RUNNING: 'It is running: what is added must be there before its lease. Should it be queued again, more can be added.',
  WAITING: 'It waits for an answer: what is added must be there before its lease. Should it be queued again, more can be added.',
}

/** Why nothing can be added to a flow that stands so; null = it can. */
export const whyNothingMore = ({ status }: Pick<FlowOfInputs, 'status'>): string | null => (status === 'QUEUED' ? null : (STANDS[status] ?? 'It has ended: nothing can be added any more.'))

/** Why not one more, though the flow is queued; null = it can. */
export const whyFull = (inputs: readonly Input[]): string | null =>
  inputs.filter(isPending).length < LIMITS.inputsMax ? null : `${LIMITS.inputsMax} are pending, which is all it takes before its next lease; take one back first.`

/** Where it is, for people: attempts count from 1. */
export const withAttempt = ({ state, attempt }: Input): string | null => (state === 'DELIVERED' && attempt !== null ? `with attempt ${attempt + 1}` : null)
