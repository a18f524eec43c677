import { useState } from 'react'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { useNotify } from '../../ui/notices.tsx'
import { Overtaken } from '../../ui/overtaken.tsx'
import { changesBetween, fieldsOf, wrongFields } from './endpoint-fields.ts'
import { EndpointFieldset } from './endpoint-fieldset.tsx'
import { refusalAt } from './url-refusal.ts'

export const EditEndpoint_WebhookEndpoint = graphql(`
  fragment EditEndpoint_WebhookEndpoint on WebhookEndpoint { id name urlRedacted events inlineArtifacts strictOrder version }
`)

const UpdateEndpoint_Mutation = graphql(`
  mutation UpdateEndpoint($input: UpdateWebhookEndpointInput!) {
    updateWebhookEndpoint(input: $input) {
      __typename
      ... on UpdateWebhookEndpointPayload { endpoint { id name urlRedacted events inlineArtifacts strictOrder version } }
      ... on Error { code message }
      ... on InvalidInput { path }
      ... on UrlNotAllowed { rule }
    }
  }
`)

interface Props { endpoint: FragmentOf<typeof EditEndpoint_WebhookEndpoint>; onClose(): void; onDone(): void }

/**
 * Changes an endpoint. The version that was read goes with it: when somebody was faster, that is refused, read again and shown, and nothing is
 * overwritten unseen. onDone: read again.
 */
export function EditEndpointDialog({ endpoint: masked, onClose, onDone }: Props) {
  const endpoint = readFragment(EditEndpoint_WebhookEndpoint, masked)
  const [base, setBase] = useState(endpoint)
  const [fields, setFields] = useState(() => fieldsOf(endpoint))
  const command = useCommand(UpdateEndpoint_Mutation, data => data.updateWebhookEndpoint)
  const notify = useNotify()
  const refusal = refusalAt(command.refused)
  const changes = changesBetween(base, endpoint)
  const version = changes.length === 0 ? endpoint.version : base.version

  const change = async () => {
    const { name, url, events, inlineArtifacts, strictOrder } = fields
    const answer = await command.run({ input: { id: endpoint.id, version, name: name.trim(), events: [...events], inlineArtifacts, strictOrder, ...(url.trim() === '' ? {} : { url: url.trim() }) } })
    onDone()
    if (!answer) return
    notify({ tone: 'good', text: `${name.trim()} is changed. What is on its way already is sent as it was.` })
    onClose()
  }

  return (
    <ActionDialog
      title={`Change ${endpoint.name ?? endpoint.urlRedacted}`} confirm="Change" wide onClose={onClose} onConfirm={() => void change()} running={command.running} problem={refusal ? null : command.problem}
      whyNot={Object.values(wrongFields(fields, { isNew: false }))[0] ?? (changes.length > 0 ? 'Decide first what to do about the other change.' : null)}
    >
      {changes.length > 0 && (
        <Overtaken
          what="endpoint" changes={changes}
          onTake={() => { setBase(endpoint); setFields({ ...fieldsOf(endpoint), url: fields.url }); command.clear() }} onKeep={() => { setBase(endpoint); command.clear() }}
        />
      )}
      <EndpointFieldset fields={fields} urlNow={endpoint.urlRedacted} wrong={refusal ? { [refusal.field]: refusal.message } : {}} onChange={next => { setFields(next); command.clear() }} />
    </ActionDialog>
  )
}
