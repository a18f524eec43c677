import { LIMITS, ON_LEASE_LOST } from '@sluice/protocol'
import { useState } from 'react'
import { useViewer, whyMayNot } from '../../graphql/viewer.ts'
import { SelectField, TextArea, TextField } from '../../ui/field.tsx'
import type { Complaint } from '../../ui/json-form/check-input.ts'
import { NO_OPTIONS, type TypedOptions } from './flow-options.ts'

/** A lane that can be chosen. closed: why it accepts nothing, or null. */
export interface LaneChoice { name: string; closed: string | null }

/** An endpoint that has a name. off: it is disabled. */
export interface EndpointChoice { id: string; name: string; off: boolean }

interface Props { typed: TypedOptions; lanes: readonly LaneChoice[]; endpoints: readonly EndpointChoice[]; complaints: Complaint[]; onTyped(typed: TypedOptions): void }

const LEASE_WORDS = { FAIL: 'Fail', RETRY: 'Try again' }

/** Everything but the input. What is left empty comes from the kind, else the lane, else the environment. */
export function OptionsPart({ typed, lanes, endpoints, complaints, onTyped }: Props) {
  const [open, setOpen] = useState(false)
  const isWrong = complaints.length > 0
  const [wasWrong, setWasWrong] = useState(false)
  // What is wrong is shown; put right, it stays open for who is typing there.
  if (isWrong !== wasWrong) {
    setWasWrong(isWrong)
    if (isWrong) setOpen(true)
  }
  const mayNotPrioritize = whyMayNot(useViewer(), 'createFlow.priority')
  const given = (Object.keys(NO_OPTIONS) as (keyof TypedOptions)[]).filter(name => typed[name] !== '')
  const bind = (name: keyof TypedOptions) => ({
    value: typed[name], error: complaints.filter(({ path }) => path[0] === name).map(({ message }) => message).join(' ') || null,
    onChange: (event: { target: { value: string } }) => onTyped({ ...typed, [name]: event.target.value }),
  })
  return (
    <details open={open} onToggle={event => setOpen(event.currentTarget.open)} className="panel">
      <summary className="min-h-9 rounded-md px-3 py-2 font-medium">Options {given.length > 0 && <span className="font-normal text-muted">{given.length} given</span>}</summary>
      <div className="grid gap-3 border-t border-line p-3 sm:grid-cols-2">
        <TextField label="Title" maxLength={LIMITS.titleMax} hint="A line for people. Empty: the kind’s." {...bind('title')} />
        <SelectField label="Lane" hint="Empty: the kind’s, else default." {...bind('lane')}>
          <option value="">As the kind says</option>
          {lanes.map(({ name, closed }) => <option key={name} value={name}>{closed ? `${name} (${closed})` : name}</option>)}
        </SelectField>
        <TextArea label="Labels" rows={3} placeholder={'team=letters\nticket=4711'} hint="A line each: name=value." {...bind('labels')} />
        <TextField label="Priority" inputMode="numeric" disabled={mayNotPrioritize !== null} {...bind('priority')} hint={mayNotPrioritize ?? `0 to ${LIMITS.priorityMax}; higher goes first.`} />
        <TextField label="Attempts at most" inputMode="numeric" hint={`1 to ${LIMITS.maxAttemptsMax}, the first included.`} {...bind('maxAttempts')} />
        <SelectField label="When its worker falls silent" hint="Whether another attempt is made." {...bind('onLeaseLost')}>
          <option value="">As the kind says</option>
          {ON_LEASE_LOST.map(word => <option key={word} value={word}>{LEASE_WORDS[word]}</option>)}
        </SelectField>
        <TextField label="Not before" type="datetime-local" step="1" hint="It is not started earlier." {...bind('notBefore')} />
        <TextField label="Deadline" type="datetime-local" step="1" hint="It fails when it has not ended by then." {...bind('deadlineAt')} />
        <TextField label="Seconds in the queue at most" inputMode="numeric" hint="It fails when it has not first started by then." {...bind('queueTtlSeconds')} />
        <TextField label="Seconds per attempt at most" inputMode="numeric" hint="An attempt that works longer fails." {...bind('attemptTimeoutSeconds')} />
        <TextField label="Webhook URL" type="url" inputMode="url" autoComplete="off" spellCheck={false} placeholder="https://…" hint="Its end is told there, signed with FLOW_WEBHOOK_SECRET." {...bind('webhookUrl')} />
        <SelectField label="Webhook endpoint" hint="It hears of this flow, instead of a URL." {...bind('webhookEndpointId')}>
          <option value="">As the lane says, else the server</option>
          {endpoints.map(({ id, name, off }) => <option key={id} value={id}>{off ? `${name} (disabled)` : name}</option>)}
        </SelectField>
        <TextField label="Idempotency key" maxLength={LIMITS.idempotencyKeyMax} hint="The same key again gives the same flow." {...bind('idempotencyKey')} />
      </div>
    </details>
  )
}
