import { LIMITS } from '@sluice/protocol'
import { useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { useNotify } from '../../ui/notices.tsx'
import type { FlowOfActions } from './flow-rules.ts'

const SetFlowPriority_Mutation = graphql(`
  mutation SetFlowPriority($input: SetFlowPriorityInput!) {
    setFlowPriority(input: $input) {
      __typename
      ... on SetFlowPriorityPayload { flow { id priority } }
      ... on Error { code message }
    }
  }
`)

/** Changes how early a queued flow stands: higher goes first. */
export function PriorityDialog({ flow, onClose }: { flow: FlowOfActions; onClose(): void }) {
  const [text, setText] = useState(String(flow.priority))
  const command = useCommand(SetFlowPriority_Mutation, data => data.setFlowPriority)
  const notify = useNotify()
  const priority = Number(text)
  const wrong = text.trim() !== '' && Number.isInteger(priority) && priority >= 0 && priority <= LIMITS.priorityMax ? null : `A whole number from 0 to ${LIMITS.priorityMax}.`
  const change = async () => {
    const answer = await command.run({ input: { id: flow.id, priority } })
    if (!answer) return
    notify({ tone: 'good', text: `${flow.title} now has priority ${answer.flow.priority}.` })
    onClose()
  }
  return (
    <ActionDialog
      title={`Priority of ${flow.title}`} confirm="Change" onClose={onClose} onConfirm={() => void change()}
      running={command.running} problem={command.problem} whyNot={wrong} description="Higher stands earlier; equal priorities keep the order in which they came."
    >
      <TextField label="Priority" inputMode="numeric" value={text} error={wrong} onChange={event => setText(event.target.value)} autoFocus />
    </ActionDialog>
  )
}
