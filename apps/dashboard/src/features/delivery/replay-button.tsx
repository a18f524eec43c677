import { Repeat2, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { useCommand } from '../../graphql/use-command.ts'
import { ActionDialog } from '../../ui/action-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { useGo } from '../../ui/go.ts'
import { useNotify } from '../../ui/notices.tsx'
import { addressOf } from '../addresses.ts'
import { nameOfEndpoint } from '../endpoint-name.ts'
import { ReplayDelivery_Mutation } from './replay-documents.ts'
import { whyNoReplay } from './replay-rules.ts'

export const ReplayButton_Delivery = graphql(`
  fragment ReplayButton_Delivery on WebhookDelivery { id eventType state cannotReplayReason endpoint { id name urlRedacted state } }
`)

type Delivery = ResultOf<typeof ReplayButton_Delivery>

/** Sends one delivery again, as a new one, and leads to that. */
export function ReplayButton({ delivery: masked }: { delivery: FragmentOf<typeof ReplayButton_Delivery> }) {
  const delivery = readFragment(ReplayButton_Delivery, masked)
  const [asked, ask] = useState(false)
  return (
    <>
      <Button icon={Repeat2} whyNot={whyNoReplay(delivery.cannotReplayReason)} onClick={() => ask(true)}>Replay</Button>
      {asked && <ReplayDialog delivery={delivery} onClose={() => ask(false)} />}
    </>
  )
}

function ReplayDialog({ delivery, onClose }: { delivery: Delivery; onClose(): void }) {
  const command = useCommand(ReplayDelivery_Mutation, data => data.replayWebhookDelivery)
  const notify = useNotify()
  const go = useGo()
  const endpoint = nameOfEndpoint(delivery.endpoint)
  const replay = async () => {
    const answer = await command.run({ input: { id: delivery.id } })
    if (!answer) return
    notify({ tone: 'good', text: <>This is the new delivery; <a href={addressOf.delivery(delivery.id)}>the one it repeats</a> stays as it is.</> })
    onClose()
    go(addressOf.delivery(answer.delivery.id))
  }
  return (
    <ActionDialog
      title={`Replay ${delivery.eventType} to ${endpoint}?`} confirm="Replay it" onClose={onClose} onConfirm={() => void replay()} running={command.running} problem={command.problem}
      description="The same event is sent as a new delivery, to the address and with the secret that the endpoint has now, and tried again as any other."
    >
      {delivery.state === 'DELIVERED' && <Warning>It was delivered already: the receiver gets the same event twice. It can tell by <code className="font-mono">event_id</code>, which stays the same.</Warning>}
      {delivery.endpoint.state === 'DISABLED' && <Warning>The endpoint is disabled. A replay is sent to it all the same.</Warning>}
    </ActionDialog>
  )
}

function Warning({ children }: { children: React.ReactNode }) {
  return <p className="flex items-start gap-2 rounded-md border border-attention p-3"><TriangleAlert size={15} aria-hidden="true" className="mt-0.5 shrink-0 text-attention" /><span>{children}</span></p>
}
