import { useState } from 'react'
import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { useViewer, whyMayNot } from '../../graphql/viewer.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { CheckBox, TextField } from '../../ui/field.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { useNotify } from '../../ui/notices.tsx'
import { withLocalTimes } from '../../ui/time.tsx'
import { REASON_LOOKS } from '../looks.ts'
import type { FlowOfActions } from './flow-rules.ts'

const PromoteNow_Mutation = graphql(`
  mutation PromoteNow($input: PromoteNowInput!) {
    promoteNow(input: $input) {
      __typename
      ... on PromoteNowPayload { started overCap position reason flow { id status phase queue { position reason detail pinned forced } } }
      ... on Error { code message }
    }
  }
`)

type Answer = Extract<ResultOf<typeof PromoteNow_Mutation>['promoteNow'], { __typename: 'PromoteNowPayload' }>

/** Puts a flow first, or past the caps with its own right and a reason, and shows whether it started. */
export function PromoteDialog({ flow, onClose }: { flow: FlowOfActions; onClose(): void }) {
  const [force, setForce] = useState(false)
  const [reason, setReason] = useState('')
  const [notYet, setNotYet] = useState<Answer | null>(null)
  const command = useCommand(PromoteNow_Mutation, data => data.promoteNow)
  const notify = useNotify()
  const mayNotForce = whyMayNot(useViewer(), 'promoteNow.force')

  const promote = async () => {
    const answer = await command.run({ input: { id: flow.id, force, reason: reason || null } })
    if (!answer) return
    if (!answer.started) return setNotYet(answer)
    notify({ tone: 'good', text: `${flow.title} has started${answer.overCap ? ', over the cap' : ''}.` })
    onClose()
  }

  return (
    <ActionDialog
      title={`Promote ${flow.title} now`} confirm={force ? 'Start over the cap' : 'Promote now'} onClose={onClose} onConfirm={() => void promote()}
      running={command.running} problem={command.problem} whyNot={force && !reason.trim() ? 'Give the reason; it is kept in the audit.' : null}
      description="It becomes the first of its lane, and starts at once if a slot is free and a worker asks."
    >
      {notYet && <NotYet answer={notYet} />}
      {mayNotForce === null && (
        <CheckBox
          label="Start it even if every slot is taken" checked={force} onChange={event => setForce(event.target.checked)}
          hint="Passes the caps for this one flow. A paused lane, a hold or a missing worker still stand in its way."
        />
      )}
      {force && <TextField label="Reason" value={reason} maxLength={500} onChange={event => setReason(event.target.value)} autoFocus />}
    </ActionDialog>
  )
}

function NotYet({ answer }: { answer: Answer }) {
  return (
    <div role="status" className="rounded-md border border-line bg-sunken p-3">
      <p className="font-medium">Not yet. It is pinned{answer.position === null ? '' : `, at position ${answer.position}`}.</p>
      {answer.reason && <p className="mt-1"><LookBadge look={REASON_LOOKS[answer.reason]} /></p>}
      <p className="mt-1 text-muted">{withLocalTimes(answer.flow.queue?.detail ?? (answer.reason ? REASON_LOOKS[answer.reason].sentence : ''))}</p>
    </div>
  )
}
