import type { Json } from '@sluice/protocol'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { JsonView } from '../../ui/json-view.tsx'
import { Panel } from '../../ui/panel.tsx'

export const DeliveryBody_Delivery = graphql(`
  fragment DeliveryBody_Delivery on WebhookDelivery { id body }
`)

/** What is sent, as a folded tree; copied byte for byte, so that a signature can be tried on it. */
export function DeliveryBody({ delivery: masked }: { delivery: FragmentOf<typeof DeliveryBody_Delivery> }) {
  const { body } = readFragment(DeliveryBody_Delivery, masked)
  const aside = body !== null && <span className="text-muted">{new TextEncoder().encode(body).length.toLocaleString('en-US')} bytes, copied as they are signed</span>
  return (
    <Panel title="What is sent" aside={aside}>
      {body === null ? <p className="text-muted">It is kept no longer, so that this delivery cannot be sent again.</p> : <JsonView value={JSON.parse(body) as Exclude<Json, undefined>} label="body" open={3} text={body} />}
    </Panel>
  )
}
