import type { FlowStatus } from '@sluice/protocol'
import type { VariablesOf } from '../../graphql/graphql.ts'
import type { QueuePage_Query } from './queue-documents.ts'
import type { QueueSearch } from './queue-search.ts'

const ENDS: Record<NonNullable<QueueSearch['ended']>, FlowStatus[]> = { failed: ['FAILED'], finished: ['FINISHED'], cancelled: ['CANCELLED'] }
const ALL_ENDS: FlowStatus[] = ['FINISHED', 'FAILED', 'CANCELLED', 'SKIPPED']

/** At first sight a few; whoever asks for one kind of end or for older ones looks for something. */
const ENDED_FEW = 10
const ENDED_MANY = 50

/** What the address of the queue page asks of the API. */
export const toVariables = ({ lane, after, ended, endedAfter }: QueueSearch): VariablesOf<typeof QueuePage_Query> => {
  const lanes = lane === undefined ? null : [lane]
  return {
    lane: lane ?? null, after: after ?? null, holding: { slotHeld: true, lane: lanes },
    ended: { status: ended === undefined ? ALL_ENDS : ENDS[ended], lane: lanes }, endedAfter: endedAfter ?? null,
    endedFirst: ended === undefined && endedAfter === undefined ? ENDED_FEW : ENDED_MANY,
  }
}
