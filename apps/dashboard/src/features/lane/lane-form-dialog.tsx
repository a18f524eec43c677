import { useState } from 'react'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { useNotify } from '../../ui/notices.tsx'
import { Overtaken } from '../../ui/overtaken.tsx'
import { LaneFieldset } from './lane-fieldset.tsx'
import { changesBetween, defaultsOf, EMPTY_FIELDS, fieldsOf, wrongFields } from './lane-fields.ts'

export const LaneForm_Lane = graphql(`
  fragment LaneForm_Lane on Lane { id name version waitingHoldsSlot defaults }
`)

const UpsertLane_Mutation = graphql(`
  mutation UpsertLane($input: UpsertLaneInput!) {
    upsertLane(input: $input) { __typename ... on LanePayload { lane { id name version waitingHoldsSlot defaults } } ... on Error { code message } }
  }
`)

interface EditProps { lane: FragmentOf<typeof LaneForm_Lane>; onClose(): void; onDone(): void }

/**
 * Changes what a lane gives to its flows. The version that was read goes with it: when somebody was faster, that is refused, read again and
 * shown, and nothing is overwritten unseen. onDone: read again.
 */
export function EditLaneDialog({ lane: masked, onClose, onDone }: EditProps) {
  const lane = readFragment(LaneForm_Lane, masked)
  const [base, setBase] = useState(lane)
  const [fields, setFields] = useState(() => fieldsOf(lane))
  const command = useCommand(UpsertLane_Mutation, data => data.upsertLane)
  const notify = useNotify()
  const wrong = wrongFields(fields)
  const changes = changesBetween(fieldsOf(base), fieldsOf(lane))
  // A pause raises the version too; it changes nothing that is edited here.
  const version = changes.length === 0 ? lane.version : base.version

  const change = async () => {
    const input = { name: lane.name, version, waitingHoldsSlot: fields.waitingHoldsSlot, defaults: defaultsOf(fields, lane.defaults) }
    const answer = await command.run({ input })
    onDone()
    if (!answer) return
    notify({ tone: 'good', text: `Lane ${lane.name} is changed; flows that come from now on follow it.` })
    onClose()
  }

  return (
    <ActionDialog
      title={`Settings of lane ${lane.name}`} confirm="Change" onClose={onClose} onConfirm={() => void change()} running={command.running} problem={command.problem} wide
      whyNot={Object.values(wrong)[0] ?? (changes.length > 0 ? 'Decide first what to do about the other change.' : null)}
      description="Flows that were already submitted keep what they have."
    >
      {changes.length > 0 && (
        <Overtaken
          what="lane" changes={changes}
          onTake={() => { setBase(lane); setFields(fieldsOf(lane)); command.clear() }} onKeep={() => { setBase(lane); command.clear() }}
        />
      )}
      <LaneFieldset fields={fields} wrong={wrong} onChange={setFields} />
    </ActionDialog>
  )
}

interface NewProps { names: string[]; onClose(): void; onDone(name: string): void }

/** Makes a lane. names: those that there are. */
export function NewLaneDialog({ names, onClose, onDone }: NewProps) {
  const [name, setName] = useState('')
  const [cap, setCap] = useState('')
  const [fields, setFields] = useState(EMPTY_FIELDS)
  const command = useCommand(UpsertLane_Mutation, data => data.upsertLane)
  const notify = useNotify()
  const wrong = wrongFields(fields)
  const wrongName = names.includes(name.trim()) ? 'There is a lane of that name.' : null
  const wrongCap = cap.trim() === '' || /^\d+$/.test(cap.trim()) ? null : 'A whole number, or empty for no cap.'

  const make = async () => {
    const maxActive = cap.trim() === '' ? null : Number(cap)
    const input = { name: name.trim(), maxActive, waitingHoldsSlot: fields.waitingHoldsSlot, defaults: defaultsOf(fields) }
    if (!(await command.run({ input }))) return
    notify({ tone: 'good', text: `Lane ${name.trim()} is there. Workers that name no lanes serve it at once.` })
    onDone(name.trim())
    onClose()
  }

  return (
    <ActionDialog
      title="New lane" confirm="Make it" onClose={onClose} onConfirm={() => void make()} running={command.running} problem={command.problem} wide
      whyNot={name.trim() === '' ? 'It needs a name.' : (wrongName ?? wrongCap ?? Object.values(wrong)[0] ?? null)}
      description="A queue with a cap, a pause and defaults of its own. A lane cannot be deleted or renamed."
    >
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField label="Name" error={wrongName} value={name} maxLength={64} onChange={event => setName(event.target.value)} autoFocus />
        <TextField label="At most at once" hint="Empty = no cap of its own" error={wrongCap} inputMode="numeric" value={cap} onChange={event => setCap(event.target.value)} />
      </div>
      <LaneFieldset fields={fields} wrong={wrong} onChange={setFields} />
    </ActionDialog>
  )
}
