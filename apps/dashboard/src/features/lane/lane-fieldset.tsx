import { useId } from 'react'
import { CheckBox, TextField } from '../../ui/field.tsx'
import { FIELD_WORDS, type LaneFields } from './lane-fields.ts'

interface Props { fields: LaneFields; wrong: Partial<Record<keyof LaneFields, string>>; onChange(fields: LaneFields): void }

/** The settings of a lane as controls. */
export function LaneFieldset({ fields, wrong, onChange }: Props) {
  const number = (name: 'priority' | 'maxAttempts' | 'attemptTimeoutSeconds' | 'queueTtlSeconds', hint: string) => (
    <TextField
      label={FIELD_WORDS[name]} hint={hint} error={wrong[name] ?? null} inputMode="numeric" value={fields[name]}
      onChange={event => onChange({ ...fields, [name]: event.target.value })}
    />
  )
  return (
    <fieldset className="m-0 flex flex-col gap-3 border-0 p-0">
      <legend className="mb-1 p-0 text-muted">For flows that leave them out; empty = as the kind says, else the system</legend>
      <div className="grid gap-3 sm:grid-cols-2">
        {number('priority', '0 to 9000, higher first')}
        {number('maxAttempts', '1 to 100')}
        <LostChoice value={fields.onLeaseLost} onChange={onLeaseLost => onChange({ ...fields, onLeaseLost })} />
        {number('attemptTimeoutSeconds', 'Empty = no limit')}
        {number('queueTtlSeconds', 'Empty = it may wait for ever')}
      </div>
      <CheckBox
        label={FIELD_WORDS.waitingHoldsSlot} hint="Off: a flow that waits without a worker frees its slot, and takes one again when it goes on."
        checked={fields.waitingHoldsSlot} onChange={event => onChange({ ...fields, waitingHoldsSlot: event.target.checked })}
      />
    </fieldset>
  )
}

function LostChoice({ value, onChange }: { value: LaneFields['onLeaseLost']; onChange(value: LaneFields['onLeaseLost']): void }) {
  const id = useId()
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="font-medium">{FIELD_WORDS.onLeaseLost}</label>
      <select id={id} className="control w-full" value={value} onChange={event => onChange(event.target.value as LaneFields['onLeaseLost'])}>
        <option value="">Not set</option>
        <option value="FAIL">Fail: it ran at most once</option>
        <option value="RETRY">Try again</option>
      </select>
    </div>
  )
}
