import { useState } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { formatInstant, RelativeTime } from '../../ui/time.tsx'
import { SecretDialog } from './secret-dialog.tsx'

const RotateSecret_Mutation = graphql(`
  mutation RotateSecret($input: RotateWebhookSecretInput!) {
    rotateWebhookSecret(input: $input) {
      __typename
      ... on RotateWebhookSecretPayload { secret formerUntil endpoint { id version secrets { id createdAt notAfter } } }
      ... on Error { code message }
      ... on InvalidInput { path }
    }
  }
`)

const HOURS = 24
const HOURS_MAX = 720

interface Props { id: string; name: string; onClose(): void; onDone(): void }

/** Gives an endpoint another secret. For some hours the former signs beside it, so that its receiver can be changed meanwhile. */
export function RotateDialog({ id, name, onClose, onDone }: Props) {
  const [hours, setHours] = useState(String(HOURS))
  const [made, setMade] = useState<{ secret: string; formerUntil: string; overlaps: boolean } | null>(null)
  const command = useCommand(RotateSecret_Mutation, data => data.rotateWebhookSecret)
  const wrong = /^\d+$/.test(hours.trim()) && Number(hours) <= HOURS_MAX ? null : `A whole number from 0 to ${HOURS_MAX}.`
  const rotate = async () => {
    const overlapHours = Number(hours)
    const answer = await command.run({ input: { id, overlapHours } })
    if (!answer) return
    setMade({ secret: answer.secret, formerUntil: answer.formerUntil, overlaps: overlapHours > 0 })
    onDone()
  }
  if (made) return <SecretDialog title={`The new secret of ${name}`} secret={made.secret} onClose={onClose} note={<Overlap {...made} />} />
  return (
    <ActionDialog
      title={`Rotate the secret of ${name}`} confirm="Make a new secret" onClose={onClose} onConfirm={() => void rotate()} running={command.running} problem={command.problem} whyNot={wrong}
      description="The new one is shown once. While both sign, a receiver that knows either takes what it gets."
    >
      <TextField label="Hours in which the former signs too" inputMode="numeric" error={wrong} hint={`0 = the former ends now, and a receiver that knows only it refuses. At most ${HOURS_MAX}.`} value={hours} onChange={event => setHours(event.target.value)} />
    </ActionDialog>
  )
}

function Overlap({ formerUntil, overlaps }: { formerUntil: string; overlaps: boolean }) {
  if (!overlaps) return <>The former signs nothing any more.</>
  return <>Both sign until <strong>{formatInstant(formerUntil)}</strong> (<RelativeTime at={formerUntil} />); put the new one in place by then.</>
}
