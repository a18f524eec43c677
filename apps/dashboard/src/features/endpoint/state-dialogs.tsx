import { useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { useNotify } from '../../ui/notices.tsx'

const DisableEndpoint_Mutation = graphql(`
  mutation DisableEndpoint($input: EndpointIdInput!) {
    disableWebhookEndpoint(input: $input) {
      __typename
      ... on DisableWebhookEndpointPayload { endpoint { id state disabledReason disabledAt version } }
      ... on Error { code message }
    }
  }
`)

const DeleteEndpoint_Mutation = graphql(`
  mutation DeleteEndpoint($input: EndpointIdInput!) {
    deleteWebhookEndpoint(input: $input) {
      __typename
      ... on DeleteWebhookEndpointPayload { deletedId endpoint { id state } }
      ... on Error { code message }
    }
  }
`)

export interface EndpointDialogProps { id: string; name: string; onClose(): void; onDone(): void }

/** Stops telling an endpoint, with a reason. */
export function DisableDialog({ id, name, onClose, onDone }: EndpointDialogProps) {
  const [reason, setReason] = useState('')
  const command = useCommand(DisableEndpoint_Mutation, data => data.disableWebhookEndpoint)
  const notify = useNotify()
  const disable = async () => {
    if (!(await command.run({ input: { id, reason: reason || null } }))) return
    notify({ tone: 'good', text: `${name} is told nothing until it is enabled.` })
    onDone()
    onClose()
  }
  return (
    <ActionDialog
      title={`Disable ${name}?`} confirm="Disable it" danger onClose={onClose} onConfirm={() => void disable()} running={command.running} problem={command.problem}
      description="What it would have got from now on, and what waits for a retry, is kept as suppressed and can be replayed when it is enabled."
    >
      <TextField label="Reason (shown with it, and kept in the audit)" value={reason} maxLength={500} onChange={event => setReason(event.target.value)} />
    </ActionDialog>
  )
}

/** Deletes an endpoint; its deliveries stay for as long as any. */
export function DeleteDialog({ id, name, onClose, onDone }: EndpointDialogProps) {
  const [reason, setReason] = useState('')
  const command = useCommand(DeleteEndpoint_Mutation, data => data.deleteWebhookEndpoint)
  const notify = useNotify()
  const remove = async () => {
    if (!(await command.run({ input: { id, reason: reason || null } }))) return
    notify({ tone: 'good', text: `${name} was deleted.` })
    onDone()
    onClose()
  }
  return (
    <ActionDialog
      title={`Delete ${name}?`} confirm="Delete 1 endpoint" danger onClose={onClose} onConfirm={() => void remove()} running={command.running} problem={command.problem}
      description="It hears of nothing any more, what is on its way to it is suppressed, and nothing can be replayed to it. Its secret is gone. What was delivered stays listed."
    >
      <TextField label="Reason (kept in the audit)" value={reason} maxLength={500} onChange={event => setReason(event.target.value)} />
    </ActionDialog>
  )
}
