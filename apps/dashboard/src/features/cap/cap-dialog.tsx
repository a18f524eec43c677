import { useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { CheckBox, TextField } from '../../ui/field.tsx'
import { useNotify } from '../../ui/notices.tsx'

const SetCap_Mutation = graphql(`
  mutation SetCap($input: SetCapInput!) {
    setCap(input: $input) {
      __typename
      ... on SetCapPayload { cap { scope maxActive } }
      ... on Error { code message }
    }
  }
`)

interface Props { lane: string | undefined; current: number; environmentValue: number | null; onClose(): void }

/** Sets how many flows may hold a slot at once, or gives the cap back to where it came from. */
export function CapDialog({ lane, current, environmentValue, onClose }: Props) {
  const [text, setText] = useState(String(current))
  const [giveBack, setGiveBack] = useState(false)
  const [reason, setReason] = useState('')
  const command = useCommand(SetCap_Mutation, data => data.setCap)
  const notify = useNotify()
  const maxActive = Number(text)
  const wrong = giveBack || (text.trim() !== '' && Number.isInteger(maxActive) && maxActive >= 0) ? null : 'A whole number; 0 = no cap.'
  const back = lane === undefined ? `Give it back to the environment${environmentValue === null ? '' : ` (${environmentValue === 0 ? 'no cap' : environmentValue})`}` : 'Remove the cap of this lane'

  const change = async () => {
    const answer = await command.run({ input: { lane: lane ?? null, maxActive: giveBack ? null : maxActive, reason: reason || null } })
    if (!answer) return
    notify({ tone: 'good', text: answer.cap && answer.cap.maxActive > 0 ? `The cap is ${answer.cap.maxActive} now.` : 'There is no cap now.' })
    onClose()
  }

  return (
    <ActionDialog
      title={lane === undefined ? 'Cap of all lanes' : `Cap of lane ${lane}`} confirm="Change" onClose={onClose} onConfirm={() => void change()}
      running={command.running} problem={command.problem} whyNot={wrong}
      description="How many flows may hold a slot at once. Lowering it stops nothing that runs; nothing new starts until fewer hold a slot."
    >
      {!giveBack && <TextField label="At most" hint="0 = no cap" error={wrong} inputMode="numeric" value={text} onChange={event => setText(event.target.value)} autoFocus />}
      <CheckBox label={back} checked={giveBack} onChange={event => setGiveBack(event.target.checked)} />
      <TextField label="Reason (kept in the audit)" value={reason} maxLength={500} onChange={event => setReason(event.target.value)} />
    </ActionDialog>
  )
}
