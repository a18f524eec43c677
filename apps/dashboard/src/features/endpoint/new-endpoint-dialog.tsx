import { useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { EMPTY_FIELDS, wrongFields, type EndpointFields } from './endpoint-fields.ts'
import { EndpointFieldset, type OwnerChoice } from './endpoint-fieldset.tsx'
import { SecretDialog } from './secret-dialog.tsx'
import { refusalAt } from './url-refusal.ts'

const CreateEndpoint_Mutation = graphql(`
  mutation CreateEndpoint($input: CreateWebhookEndpointInput!) {
    createWebhookEndpoint(input: $input) {
      __typename
      ... on CreateWebhookEndpointPayload { secret endpoint { id name } }
      ... on Error { code message }
      ... on InvalidInput { path }
      ... on UrlNotAllowed { rule }
    }
  }
`)

interface Props { owners: readonly OwnerChoice[] | undefined; onClose(): void; onDone(id: string): void }

/** Makes an endpoint, and then shows its secret for the only time. onDone: it is there. */
export function NewEndpointDialog({ owners, onClose, onDone }: Props) {
  const [fields, setFields] = useState<EndpointFields>(EMPTY_FIELDS)
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null)
  const command = useCommand(CreateEndpoint_Mutation, data => data.createWebhookEndpoint)
  const refusal = refusalAt(command.refused)
  const missing = Object.values(wrongFields(fields, { isNew: true }))[0] ?? null

  const make = async () => {
    const { name, url, events, inlineArtifacts, strictOrder, principalId } = fields
    const answer = await command.run({ input: { name: name.trim(), url: url.trim(), events: [...events], inlineArtifacts, strictOrder, principalId: principalId || null } })
    if (!answer) return
    setMade({ name: name.trim(), secret: answer.secret })
    onDone(answer.endpoint.id)
  }

  if (made) return <SecretDialog title={`${made.name} is there`} secret={made.secret} onClose={onClose} />
  return (
    <ActionDialog
      title="New endpoint" confirm="Make it" wide onClose={onClose} onConfirm={() => void make()} running={command.running} problem={refusal ? null : command.problem} whyNot={missing}
      description="A place that hears of flows by POST, signed as Standard Webhooks says."
    >
      <EndpointFieldset fields={fields} wrong={refusal ? { [refusal.field]: refusal.message } : {}} owners={owners} onChange={next => { setFields(next); command.clear() }} />
    </ActionDialog>
  )
}
