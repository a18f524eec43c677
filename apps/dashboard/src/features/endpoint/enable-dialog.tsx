import { useEffect, useRef, useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { CheckBox } from '../../ui/field.tsx'
import { useGo } from '../../ui/go.ts'
import { useNotify } from '../../ui/notices.tsx'
import { addressOf } from '../addresses.ts'
import type { EndpointDialogProps } from './state-dialogs.tsx'

const EnableEndpoint_Mutation = graphql(`
  mutation EnableEndpoint($input: EnableWebhookEndpointInput!) {
    enableWebhookEndpoint(input: $input) {
      __typename
      ... on EnableWebhookEndpointPayload { endpoint { id state disabledReason disabledAt consecutiveFailures version } operation { id matched } }
      ... on Error { code message }
    }
  }
`)

const CountSuppressed_Mutation = graphql(`
  mutation CountSuppressed($input: ReplayWebhookDeliveriesInput!) {
    replayWebhookDeliveries(input: $input) {
      __typename
      ... on ReplayWebhookDeliveriesPayload { matched exact }
      ... on Error { code message }
    }
  }
`)

/** since: when it was disabled. */
interface Props extends EndpointDialogProps { since: string | null }

/** Tells an endpoint again, and replays what was suppressed since it was disabled, if that is wanted: it is counted first. */
export function EnableDialog({ id, name, since, onClose, onDone }: Props) {
  const [replay, setReplay] = useState(true)
  const suppressed = useSuppressed(id, since)
  const command = useCommand(EnableEndpoint_Mutation, data => data.enableWebhookEndpoint)
  const notify = useNotify()
  const go = useGo()
  const enable = async () => {
    const answer = await command.run({ input: { id, replaySuppressed: replay } })
    if (!answer) return
    notify({ tone: 'good', text: `${name} is told of flows again.` })
    onDone()
    onClose()
    if (answer.operation) go(addressOf.deliveries({ endpoint: id, operation: answer.operation.id }))
  }
  const count = suppressed && `${suppressed.matched.toLocaleString('en-US')}${suppressed.exact ? '' : ' or more'}`
  return (
    <ActionDialog
      title={`Enable ${name}`} confirm={replay && count !== null ? 'Enable and replay' : 'Enable'} onClose={onClose} onConfirm={() => void enable()} running={command.running} problem={command.problem}
      description="It is told of flows again, and its failures are forgotten."
    >
      <CheckBox
        label="Replay what was suppressed" checked={replay} onChange={event => setReplay(event.target.checked)}
        hint={count === null ? 'It is being counted.' : `${count} ${suppressed?.matched === 1 && suppressed.exact ? 'delivery' : 'deliveries'} made since it was disabled, and what waited for its turn then. The progress is shown.`}
      />
    </ActionDialog>
  )
}

/** How many deliveries were suppressed; null while that is not known. */
const useSuppressed = (id: string, since: string | null): { matched: number; exact: boolean } | null => {
  const [count, setCount] = useState<{ matched: number; exact: boolean } | null>(null)
  const { run } = useCommand(CountSuppressed_Mutation, data => data.replayWebhookDeliveries)
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    void latest.current({ input: { dryRun: true, filter: { endpoint: [id], state: ['SUPPRESSED'], createdAfter: since } } }).then(answer => { if (answer) setCount(answer) })
  }, [id, since])
  return count
}
