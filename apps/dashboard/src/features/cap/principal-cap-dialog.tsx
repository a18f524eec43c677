import { useId, useState } from 'react'
import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { useNotify } from '../../ui/notices.tsx'
import { SetCap_Mutation } from './cap-dialog.tsx'
import { wrongCap } from './cap-subject.ts'

export const PrincipalCap_Query = graphql(`query PrincipalCap { principals { id name roles } }`)

interface Props { capped: string[]; onClose(): void; onDone(): void }

/** Gives a principal a cap that has none. capped: the ids of those that have one. */
export function PrincipalCapDialog({ capped, onClose, onDone }: Props) {
  const [id, setId] = useState('')
  const [text, setText] = useState('1')
  const [reason, setReason] = useState('')
  const [{ data, fetching }] = useQuery({ query: PrincipalCap_Query, requestPolicy: 'cache-and-network' })
  const command = useCommand(SetCap_Mutation, result => result.setCap)
  const notify = useNotify()
  // Workers own no flows.
  const open = (data?.principals ?? []).filter(one => !capped.includes(one.id) && one.roles.some(role => role !== 'WORKER'))
  const wrong = wrongCap(text)
  const set = async () => {
    if (!(await command.run({ input: { lane: null, principalId: id, maxActive: Number(text), reason: reason || null } }))) return
    notify({ tone: 'good', text: `The cap of ${open.find(one => one.id === id)?.name ?? 'the principal'} is ${Number(text)} now.` })
    onDone()
    onClose()
  }
  return (
    <ActionDialog
      title="Cap a principal" confirm="Set" onClose={onClose} onConfirm={() => void set()} running={command.running} problem={command.problem}
      whyNot={id === '' ? 'Choose a principal.' : wrong}
      description="How many of its flows may hold a slot at once, whichever lanes they are in. What runs goes on; the rest waits with the reason “Owner’s cap”."
    >
      <PrincipalChoice options={open} fetching={fetching} value={id} onChange={setId} />
      <TextField label="At most" hint="0 = no cap" error={wrong} inputMode="numeric" value={text} onChange={event => setText(event.target.value)} />
      <TextField label="Reason (kept in the audit)" value={reason} maxLength={500} onChange={event => setReason(event.target.value)} />
    </ActionDialog>
  )
}

interface ChoiceProps { options: { id: string; name: string }[]; fetching: boolean; value: string; onChange(id: string): void }

function PrincipalChoice({ options, fetching, value, onChange }: ChoiceProps) {
  const fieldId = useId()
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={fieldId} className="font-medium">Principal</label>
      <select id={fieldId} className="control w-full" value={value} onChange={event => onChange(event.target.value)} autoFocus>
        <option value="">{fetching ? 'Reading…' : options.length === 0 ? 'Everybody has a cap already' : 'Choose one'}</option>
        {options.map(one => <option key={one.id} value={one.id}>{one.name}</option>)}
      </select>
    </div>
  )
}
