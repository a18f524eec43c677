import { useState, type ReactNode } from 'react'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { ReplayDeliveries_Mutation } from './replay-documents.ts'
import { inWords, useReplayCount, type ReplaySet } from './use-replay-count.ts'

interface Props {
  which: ReplaySet
  /** Why there is no such set; null or absent = there is. */
  wrong?: string | null
  onClose(): void
  /** The operation that replays them. */
  onReplaying(operation: string): void
  /** What narrows the set. */
  children?: ReactNode
}

/** Counts first, then starts the replay of many on the server. Every one of them is a new delivery. */
export function ReplayManyDialog({ which, wrong = null, onClose, onReplaying, children }: Props) {
  const [reason, setReason] = useState('')
  const { count, problem } = useReplayCount(which)
  const command = useCommand(ReplayDeliveries_Mutation, data => data.replayWebhookDeliveries)
  const words = count && inWords(count)
  const start = async () => {
    const answer = await command.run({ input: { ...which, reason: reason || null } })
    if (!answer?.operation) return
    onClose()
    onReplaying(answer.operation.id)
  }
  const whyNot = wrong ?? (count === null ? (problem ?? 'They are being counted.') : count.matched === 0 ? 'There is nothing to replay.' : null)
  return (
    <ActionDialog
      title={'ids' in which ? 'Replay what is selected' : 'Replay all that failed'} confirm={count && count.matched > 0 ? `Replay ${words}` : 'Replay'} wide onClose={onClose} onConfirm={() => void start()}
      running={command.running} problem={command.problem ?? problem} whyNot={whyNot}
      description="Each is sent again as a new delivery, to the address and with the secret that its endpoint has now. What was sent before stays as it is."
    >
      {children}
      <TextField label="Reason (kept in the audit)" value={reason} maxLength={500} onChange={event => setReason(event.target.value)} />
      <p role="status" className="rounded-md border border-line bg-sunken p-3">
        {words === null ? <span className="text-muted">Counting…</span> : <><strong className="text-[1.15rem]">{words}</strong> {count?.matched === 1 ? 'is' : 'are'} sent again; what is made later is not among them.</>}
      </p>
    </ActionDialog>
  )
}
