import type { DeliveryState } from '@sluice/protocol'
import { useState } from 'react'
import { serverNow } from '../../ui/clock.ts'
import { CheckBox, SelectField, TextField } from '../../ui/field.tsx'
import { fromLocalInput, toLocalInput } from '../../ui/local-input.ts'
import { DELIVERY_LOOKS } from '../looks.ts'
import { FAILED_DELIVERY_STATES, toFilter, type DeliverySearch } from './delivery-search.ts'
import { ReplayManyDialog } from './replay-many-dialog.tsx'

export interface EndpointChoice { id: string; label: string }

interface Props { search: DeliverySearch; endpoints: readonly EndpointChoice[]; onClose(): void; onReplaying(operation: string): void }

const DAY_MS = 24 * 3_600_000

/** What did not arrive, and may be asked for again. */
const OFFERED: readonly DeliveryState[] = [...FAILED_DELIVERY_STATES, 'SUPPRESSED']

/** Everything that failed between two instants. It begins with what the page is filtered by, else with the last day. */
export function ReplayFailedDialog({ search, endpoints, onClose, onReplaying }: Props) {
  const [from, setFrom] = useState(() => toLocalInput(search.createdAfter ?? new Date(serverNow() - DAY_MS).toISOString()))
  const [before, setBefore] = useState(() => toLocalInput(search.createdBefore))
  const [endpoint, setEndpoint] = useState(search.endpoint?.length === 1 ? (search.endpoint[0] ?? '') : '')
  const [states, setStates] = useState<readonly DeliveryState[]>(() => {
    const asked = OFFERED.filter(state => search.state?.includes(state))
    return asked.length > 0 ? asked : FAILED_DELIVERY_STATES
  })
  const toggle = (state: DeliveryState) => setStates(now => (now.includes(state) ? now.filter(one => one !== state) : [...now, state]))
  const filter: Partial<DeliverySearch> = {
    ...toFilter(search), state: OFFERED.filter(state => states.includes(state)), createdAfter: fromLocalInput(from), createdBefore: fromLocalInput(before),
    endpoint: endpoint === '' ? undefined : [endpoint],
  }
  return (
    <ReplayManyDialog which={{ filter }} wrong={wrongWith({ states, from, before })} onClose={onClose} onReplaying={onReplaying}>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField type="datetime-local" step="1" label="Made from" value={from} onChange={event => setFrom(event.target.value)} />
        <TextField type="datetime-local" step="1" label="Until before" hint="Empty: until now." value={before} onChange={event => setBefore(event.target.value)} />
        <fieldset className="m-0 flex flex-col gap-1.5 border-0 p-0">
          <legend className="mb-1 p-0 font-medium">That ended as</legend>
          {OFFERED.map(state => <CheckBox key={state} label={DELIVERY_LOOKS[state].word} hint={DELIVERY_LOOKS[state].sentence} checked={states.includes(state)} onChange={() => toggle(state)} />)}
        </fieldset>
        <SelectField label="To" value={endpoint} onChange={event => setEndpoint(event.target.value)}>
          <option value="">Every endpoint</option>
          {endpoints.map(({ id, label }) => <option key={id} value={id}>{label}</option>)}
        </SelectField>
      </div>
      {(search.flow ?? search.eventType ?? search.trigger) !== undefined && <p className="text-muted">Only what the page is filtered to: its flow, its events and its triggers hold here as well.</p>}
    </ReplayManyDialog>
  )
}

const wrongWith = ({ states, from, before }: { states: readonly DeliveryState[]; from: string; before: string }): string | null => {
  if (states.length === 0) return 'Choose how they ended.'
  return before !== '' && from !== '' && before <= from ? 'It ends before it begins.' : null
}
