/** What a move means for the waitpoints of its flow, in the same transaction: a wait that ended otherwise is closed, one whose worker went is released. */
import type { FlowMove } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import { closeWaitpoints, releaseWaitpoints } from '../sql/wait-sql.ts'

export async function settleWaits(tx: Tx, moves: FlowMove[]): Promise<void> {
  const waited = moves.filter(move => move.flow.status === 'WAITING')
  if (waited.length === 0) return
  const ended = waited.filter(move => move.set.terminalReason != null)
  const released = waited.filter(move => move.name === 'releaseWait')
  if (ended.length > 0) await closeWaitpoints(tx, { flowIds: ended.map(move => move.flow.id), expired: ended.flatMap(expiredBy) })
  if (released.length > 0) await releaseWaitpoints(tx, released.map(move => move.flow.id))
}

const expiredBy = ({ set, payload }: FlowMove): string[] =>
  set.terminalReason === 'input_timed_out' && typeof payload['waitpoint'] === 'string' ? [payload['waitpoint']] : []
