import type { Json } from '@sluice/protocol'
import { useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { useQuery } from 'urql'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { CheckBox, TextArea } from '../../ui/field.tsx'
import { useGo } from '../../ui/go.ts'
import { useNotify } from '../../ui/notices.tsx'
import { addressOf } from '../addresses.ts'
import type { FlowOfActions } from './flow-rules.ts'

const RetryInput_Query = graphql(`query RetryInput($id: ID!) { flow(id: $id) { id input } }`)

const RetryFlow_Mutation = graphql(`
  mutation RetryFlow($input: RetryFlowInput!) {
    retryFlow(input: $input) {
      __typename
      ... on RetryFlowPayload { flow { id status } }
      ... on Error { code message }
    }
  }
`)

const parse = (text: string): { value: Json } | { wrong: string } => {
  try {
    return { value: JSON.parse(text) as Json }
  } catch (error) {
    return { wrong: `This is not JSON: ${error instanceof Error ? error.message : 'it cannot be read'}.` }
  }
}

/** Makes a new flow of one that has ended, with the same input or a changed one, and leads to it. */
export function RetryDialog({ flow, onClose }: { flow: FlowOfActions; onClose(): void }) {
  const [changed, setChanged] = useState<string | null>(null)
  const [{ data }] = useQuery({ query: RetryInput_Query, variables: { id: flow.id } })
  const command = useCommand(RetryFlow_Mutation, answer => answer.retryFlow)
  const notify = useNotify()
  const go = useGo()
  const input = changed === null ? null : parse(changed)
  const wrong = input && 'wrong' in input ? input.wrong : null

  const retry = async () => {
    const answer = await command.run({ input: { id: flow.id, ...(input && 'value' in input ? { input: input.value } : {}) } })
    if (!answer) return
    notify({ tone: 'good', text: <>A new flow was made of <a href={addressOf.flow(flow.id)}>{flow.title}</a>; this is the new one.</> })
    onClose()
    go(addressOf.flow(answer.flow.id))
  }

  return (
    <ActionDialog
      title={`Retry ${flow.title}`} confirm="Make a new flow" wide onClose={onClose} onConfirm={() => void retry()} running={command.running} problem={command.problem} whyNot={wrong}
      description="The ended flow stays as it is. The new one has the same kind, lane and settings, and names this one as its origin."
    >
      <CheckBox
        label="Change the input" checked={changed !== null}
        onChange={event => setChanged(event.target.checked ? JSON.stringify(data?.flow?.input ?? {}, null, 2) : null)}
      />
      {changed !== null && <TextArea label="Input" rows={10} value={changed} error={wrong} onChange={event => setChanged(event.target.value)} />}
    </ActionDialog>
  )
}
