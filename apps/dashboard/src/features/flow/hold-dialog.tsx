import { useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { useNotify } from '../../ui/notices.tsx'
import type { FlowOfActions } from './flow-rules.ts'

const HoldFlow_Mutation = graphql(`
  mutation HoldFlow($input: FlowReasonInput!) {
    holdFlow(input: $input) {
      __typename
      ... on HoldFlowPayload { flow { id queue { position reason detail pinned forced } } }
      ... on Error { code message }
    }
  }
`)

const ReleaseFlow_Mutation = graphql(`
  mutation ReleaseFlow($input: FlowIdInput!) {
    releaseFlow(input: $input) {
      __typename
      ... on ReleaseFlowPayload { flow { id queue { position reason detail pinned forced } } }
      ... on Error { code message }
    }
  }
`)

/** Keeps a queued flow from starting until it is released. */
export function HoldDialog({ flow, onClose }: { flow: FlowOfActions; onClose(): void }) {
  const [reason, setReason] = useState('')
  const command = useCommand(HoldFlow_Mutation, data => data.holdFlow)
  const notify = useNotify()
  const hold = async () => {
    if (!(await command.run({ input: { id: flow.id, reason: reason || null } }))) return
    notify({ tone: 'good', text: `${flow.title} is held.` })
    onClose()
  }
  return (
    <ActionDialog
      title={`Hold ${flow.title}`} confirm="Hold" onClose={onClose} onConfirm={() => void hold()} running={command.running} problem={command.problem}
      description="It stays in the queue and does not start until somebody releases it. A pin is taken away."
    >
      <TextField label="Reason" value={reason} maxLength={500} onChange={event => setReason(event.target.value)} />
    </ActionDialog>
  )
}

/** Lets a held flow start again when it is its turn. */
export function ReleaseDialog({ flow, onClose }: { flow: FlowOfActions; onClose(): void }) {
  const command = useCommand(ReleaseFlow_Mutation, data => data.releaseFlow)
  const notify = useNotify()
  const release = async () => {
    if (!(await command.run({ input: { id: flow.id } }))) return
    notify({ tone: 'good', text: `${flow.title} is released.` })
    onClose()
  }
  return (
    <ActionDialog
      title={`Release ${flow.title}`} confirm="Release" onClose={onClose} onConfirm={() => void release()} running={command.running} problem={command.problem}
      description="It starts again when it is its turn."
    />
  )
}
