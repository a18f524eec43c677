import { useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { CodeLine } from '../../ui/code-line.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'

const RevealEndpoint_Mutation = graphql(`
  mutation RevealEndpoint($input: EndpointIdInput!) {
    revealWebhookEndpoint(input: $input) {
      __typename
      ... on RevealWebhookEndpointPayload { url endpoint { id } }
      ... on Error { code message }
    }
  }
`)

/** Shows the whole URL, after asking: the audit keeps who looked. */
export function RevealDialog({ id, name, onClose }: { id: string; name: string; onClose(): void }) {
  const [reason, setReason] = useState('')
  const [url, setUrl] = useState<string | null>(null)
  const command = useCommand(RevealEndpoint_Mutation, data => data.revealWebhookEndpoint)
  const reveal = async () => {
    const answer = await command.run({ input: { id, reason: reason || null } })
    if (answer) setUrl(answer.url)
  }
  if (url !== null) {
    return (
      <Dialog open wide title={`The URL of ${name}`} onClose={onClose} description="That you looked is in the audit.">
        <CodeLine text={url} label="URL" />
        <div className="flex justify-end"><Button onClick={onClose}>Close</Button></div>
      </Dialog>
    )
  }
  return (
    <ActionDialog
      title={`Show the whole URL of ${name}?`} confirm="Show it" onClose={onClose} onConfirm={() => void reveal()} running={command.running} problem={command.problem}
      description="It may carry a token, so that whoever has it can call. The audit keeps that you looked."
    >
      <TextField label="Reason (kept in the audit)" value={reason} maxLength={500} onChange={event => setReason(event.target.value)} />
    </ActionDialog>
  )
}
