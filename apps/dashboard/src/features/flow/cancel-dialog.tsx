import { useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { useNotify } from '../../ui/notices.tsx'
import type { FlowOfActions } from './flow-rules.ts'

const CancelFlow_Mutation = graphql(`
  mutation CancelFlow($input: CancelFlowInput!) {
    cancelFlow(input: $input) {
      __typename
      ... on CancelFlowPayload { alreadyTerminal flow { id status phase isTerminal terminalReason cancelRequestedAt finishedAt } }
      ... on Error { code message }
    }
  }
`)

/** Asks once, cancels, and says whether it has ended or its worker still has to stop. */
export function CancelDialog({ flow, onClose }: { flow: FlowOfActions; onClose(): void }) {
  const [reason, setReason] = useState('')
  const command = useCommand(CancelFlow_Mutation, data => data.cancelFlow)
  const notify = useNotify()
  const cancel = async () => {
    const answer = await command.run({ input: { id: flow.id, reason: reason || null } })
    if (!answer) return
    const outcome = answer.alreadyTerminal ? 'had ended already' : answer.flow.isTerminal ? 'is cancelled' : 'is being cancelled: its worker was told to stop'
    notify({ tone: 'good', text: `${flow.title} ${outcome}.` })
    onClose()
  }
  return (
    <ActionDialog
      title={`Cancel ${flow.title}?`} confirm="Cancel the flow" danger onClose={onClose} onConfirm={() => void cancel()} running={command.running} problem={command.problem}
      description={flow.status === 'RUNNING' ? 'Its worker is told to stop; after a grace period the flow ends without it.' : 'It leaves the queue and ends now.'}
    >
      <TextField label="Reason (kept with the flow)" value={reason} maxLength={500} onChange={event => setReason(event.target.value)} />
    </ActionDialog>
  )
}
