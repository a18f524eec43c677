import type { Json } from '@sluice/protocol'
import { useMemo, useState } from 'react'
import { useCommand } from '../../graphql/use-command.ts'
import { useNotify } from '../../ui/notices.tsx'
import { freshKey } from '../../ui/fresh-key.ts'
import type { Complaint } from '../../ui/json-form/check-input.ts'
import { addressOf } from '../addresses.ts'
import { Answer_Mutation, type Wait } from './wait-documents.ts'
import { nameOfDecision } from './wait-rules.ts'

/** What came of the flow, said in a line. */
const NEXT: Partial<Record<string, string>> = { RUNNING: 'goes on at its worker.', QUEUED: 'is queued to go on, ahead of new work.', WAITING: 'waits for the next answer.' }

/** Answers a wait, says what came of it, and keeps what the server refused by its place. A repeat after a lost answer is the same one. */
export const useAnswer = (wait: Wait) => {
  const command = useCommand(Answer_Mutation, data => data.resolveWaitpoint)
  const notify = useNotify()
  const [key] = useState(freshKey)
  const answer = async (decision: string, payload: Json): Promise<boolean> => {
    const done = await command.run({ input: { id: wait.id, decision, payload, idempotencyKey: `${key} ${decision}` } })
    if (done === null) return false
    const { title, id } = wait.flow
    notify({ tone: 'good', text: <>{nameOfDecision(decision)}: <a href={addressOf.flow(id)}>{title}</a> {NEXT[done.flow?.status ?? ''] ?? 'has its answer.'}</> })
    return true
  }
  const { refused, clear } = command
  const refusals = useMemo((): Complaint[] => (refused?.path?.[0] === 'payload' ? [{ path: refused.path.slice(1), message: refused.message }] : []), [refused])
  return { answer, running: command.running, problem: command.problem, refusals, forget: clear }
}
