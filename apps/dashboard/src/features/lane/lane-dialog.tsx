import { useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { useNotify } from '../../ui/notices.tsx'

const PauseLane_Mutation = graphql(`
  mutation PauseLane($input: LaneInput!) {
    pauseLane(input: $input) { __typename ... on LanePayload { lane { id state stateReason stateAt stateBy { id name } version } } ... on Error { code message } }
  }
`)
const ResumeLane_Mutation = graphql(`
  mutation ResumeLane($input: LaneInput!) {
    resumeLane(input: $input) { __typename ... on LanePayload { lane { id state stateReason stateAt stateBy { id name } version } } ... on Error { code message } }
  }
`)
const DrainLane_Mutation = graphql(`
  mutation DrainLane($input: LaneInput!) {
    drainLane(input: $input) { __typename ... on LanePayload { lane { id state stateReason stateAt stateBy { id name } version } } ... on Error { code message } }
  }
`)

export type LaneAction = 'pause' | 'resume' | 'drain'

const WORDS: Record<LaneAction, { confirm: string; description: string; done: string }> = {
  pause: { confirm: 'Pause', description: 'It still accepts flows, but starts none. What runs goes on.', done: 'is paused' },
  resume: { confirm: 'Resume', description: 'It accepts flows and starts them again.', done: 'is open' },
  drain: { confirm: 'Drain', description: 'It accepts nothing new and finishes what it has.', done: 'is draining' },
}

/** Pauses, resumes or drains a lane, with a reason. onDone: it was done, and figures that follow may be read. */
export function LaneDialog({ action, name, onClose, onDone }: { action: LaneAction; name: string; onClose(): void; onDone?(): void }) {
  const [reason, setReason] = useState('')
  const commands = {
    pause: useCommand(PauseLane_Mutation, data => data.pauseLane),
    resume: useCommand(ResumeLane_Mutation, data => data.resumeLane),
    drain: useCommand(DrainLane_Mutation, data => data.drainLane),
  }
  const command = commands[action]
  const words = WORDS[action]
  const notify = useNotify()
  const confirm = async () => {
    if (!(await command.run({ input: { name, reason: reason || null } }))) return
    notify({ tone: 'good', text: `Lane ${name} ${words.done}.` })
    onDone?.()
    onClose()
  }
  return (
    <ActionDialog
      title={`${words.confirm} lane ${name}`} confirm={words.confirm} description={words.description} onClose={onClose} onConfirm={() => void confirm()}
      running={command.running} problem={command.problem}
    >
      <TextField label="Reason (kept in the audit)" value={reason} maxLength={500} onChange={event => setReason(event.target.value)} />
    </ActionDialog>
  )
}
