import { useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { CheckBox, TextField } from '../../ui/field.tsx'
import { useNotify } from '../../ui/notices.tsx'
import { subjectInput, subjectWords, wrongCap, type CapSubject } from './cap-subject.ts'

export const SetCap_Mutation = graphql(`
  mutation SetCap($input: SetCapInput!) {
    setCap(input: $input) {
      __typename
      ... on SetCapPayload { cap { scope maxActive } }
      ... on Error { code message }
    }
  }
`)

/** A cap that is set, as far as changing it goes; null where none is. */
export interface CapNow { maxActive: number; fromEnvironment: boolean; environmentValue: number | null }
interface Props { subject: CapSubject; now: CapNow | null; onClose(): void; onDone?(): void }

/** Sets how many flows may hold a slot at once, or gives the cap back to where it came from. */
export function CapDialog({ subject, now, onClose, onDone }: Props) {
  const [text, setText] = useState(String(now?.maxActive ?? 0))
  const [giveBack, setGiveBack] = useState(false)
  const [reason, setReason] = useState('')
  const command = useCommand(SetCap_Mutation, data => data.setCap)
  const notify = useNotify()
  const wrong = giveBack ? null : wrongCap(text)
  const back = wayBack(subject, now)

  const change = async () => {
    const answer = await command.run({ input: { ...subjectInput(subject), maxActive: giveBack ? null : Number(text), reason: reason || null } })
    if (!answer) return
    const left = answer.cap?.maxActive ?? 0
    notify({ tone: 'good', text: left > 0 ? `The cap of ${subjectWords(subject)} is ${left} now.` : `There is no cap of ${subjectWords(subject)} now.` })
    onDone?.()
    onClose()
  }

  return (
    <ActionDialog
      title={`Cap of ${subjectWords(subject)}`} confirm="Change" onClose={onClose} onConfirm={() => void change()} running={command.running} problem={command.problem} whyNot={wrong}
      description="How many flows may hold a slot at once. Lowering it stops nothing that runs; nothing new starts until fewer hold a slot."
    >
      {!giveBack && <TextField label="At most" hint="0 = no cap" error={wrong} inputMode="numeric" value={text} onChange={event => setText(event.target.value)} autoFocus />}
      {back !== null && <CheckBox label={back} checked={giveBack} onChange={event => setGiveBack(event.target.checked)} />}
      <TextField label="Reason (kept in the audit)" value={reason} maxLength={500} onChange={event => setReason(event.target.value)} />
    </ActionDialog>
  )
}

const wayBack = (subject: CapSubject, now: CapNow | null): string | null => {
  if (subject.scope !== 'GLOBAL') return now === null ? null : `Remove the cap of ${subjectWords(subject)}`
  if (now?.fromEnvironment) return null
  const value = now?.environmentValue ?? null
  return `Give it back to the environment${value === null ? '' : ` (${value === 0 ? 'no cap' : value})`}`
}
