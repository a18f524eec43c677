import { createHash } from 'node:crypto'
import { newId, outputOf } from '@sluice/domain'
import type { Tx } from '@sluice/db'
import { COMPLETION_ARTIFACT } from '@sluice/protocol'
import type { Json } from '@sluice/protocol'
import { CHUNK_BYTES, insertCompletions } from '../sql/artifact-sql.ts'
import type { Completion } from '../sql/artifact-sql.ts'

export interface FinishedFlow { id: string; attempt: number; result: Json }

/**
 * The artifact `completion` of flows that finish with a text (F-10), whatever other artifacts they have. In the transaction of the move, whose rows are locked,
 * and before it: what is told of the move names it.
 */
export async function storeCompletion(tx: Tx, flows: FinishedFlow[]): Promise<void> {
  const completions = flows.flatMap(completionOf)
  if (completions.length > 0) await insertCompletions(tx, completions, { name: COMPLETION_ARTIFACT, mediaType: 'text/plain; charset=utf-8' })
}

function completionOf({ id, attempt, result }: FinishedFlow): Completion[] {
  const text = outputOf({ status: 'FINISHED', result })?.text
  if (text == null) return []
  const bytes = Buffer.from(text, 'utf8')
  const chunks = Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, n) => bytes.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES))
  return [{ id: newId('artifact'), flowId: id, attempt, size: bytes.length, digest: createHash('sha256').update(bytes).digest('hex'), chunks }]
}
