import { WEBHOOK_EVENT_SENTENCES } from '@sluice/protocol'
import { CheckBox, SelectField, TextField } from '../../ui/field.tsx'
import { CHOSEN_EVENTS, toggled, type EndpointFields, type Wrong } from './endpoint-fields.ts'

const NAME_MAX = 100

/** Somebody whose flows may be heard of. */
export interface OwnerChoice { id: string; name: string }

interface Props {
  fields: EndpointFields
  wrong: Wrong
  /** What its URL is now, as far as it is shown; absent = it has none yet. */
  urlNow?: string
  /** Absent = whose flows it hears of is not chosen here. */
  owners?: readonly OwnerChoice[] | undefined
  onChange(fields: EndpointFields): void
}

/** The settings of an endpoint as controls. */
export function EndpointFieldset({ fields, wrong, urlNow, owners, onChange }: Props) {
  const set = (change: Partial<EndpointFields>) => onChange({ ...fields, ...change })
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField label="Name" error={wrong.name ?? null} maxLength={NAME_MAX} value={fields.name} onChange={event => set({ name: event.target.value })} autoFocus={urlNow === undefined} />
        {owners && (
          <SelectField label="Whose flows" value={fields.principalId} onChange={event => set({ principalId: event.target.value })}>
            <option value="">The flows of all</option>
            {owners.map(({ id, name }) => <option key={id} value={id}>Those of {name}</option>)}
          </SelectField>
        )}
      </div>
      <TextField
        label="URL" type="url" inputMode="url" autoComplete="off" spellCheck={false} placeholder={urlNow ?? 'https://…'} error={wrong.url ?? null} value={fields.url} onChange={event => set({ url: event.target.value })}
        hint={urlNow === undefined ? 'It is stored encrypted, and shown without its path from then on.' : 'Empty: as it is. What is already on its way still goes to the former.'}
      />
      <fieldset className="m-0 border-0 p-0" aria-describedby={wrong.events ? 'endpoint-events-wrong' : undefined}>
        <legend className="mb-1.5 p-0 font-medium">Events</legend>
        <div className="grid gap-x-4 gap-y-1.5 sm:grid-cols-2">
          {CHOSEN_EVENTS.map(type => <CheckBox key={type} label={type} hint={WEBHOOK_EVENT_SENTENCES[type]} checked={fields.events.includes(type)} onChange={() => set({ events: toggled(fields.events, type) })} />)}
        </div>
        {wrong.events && <p id="endpoint-events-wrong" role="alert" className="mt-1 text-[0.93rem] text-bad">{wrong.events}</p>}
      </fieldset>
      <fieldset className="m-0 flex flex-col gap-1.5 border-0 p-0">
        <legend className="mb-1.5 p-0 font-medium">Options</legend>
        <CheckBox label="Output and small artifacts in the body" hint="Off: the body says only that there are some, and where." checked={fields.inlineArtifacts} onChange={event => set({ inlineArtifacts: event.target.checked })} />
        <CheckBox label="In strict order" hint="What comes later for the same flow waits while an earlier one is being retried." checked={fields.strictOrder} onChange={event => set({ strictOrder: event.target.checked })} />
      </fieldset>
    </>
  )
}
