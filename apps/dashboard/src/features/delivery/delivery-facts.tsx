import { WEBHOOK_EVENT_SENTENCES, type WebhookEventType } from '@sluice/protocol'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { Fact } from '../../ui/figure.tsx'
import { ShortId, shortenId } from '../../ui/short-id.tsx'
import { formatInstant, RelativeTime } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { nameOfEndpoint } from '../endpoint-name.ts'
import { ENDPOINT_LOOKS, TRIGGER_LOOKS } from '../looks.ts'

export const DeliveryFacts_Delivery = graphql(`
  fragment DeliveryFacts_Delivery on WebhookDelivery {
    id eventId eventType sequence trigger createdAt endedAt
    flow { id title }
    endpoint { id name urlRedacted state disabledReason }
    requestedBy { id name }
    replayOf { id }
  }
`)

/** Everything about a delivery that never changes, and where it leads. */
export function DeliveryFacts({ delivery: masked }: { delivery: FragmentOf<typeof DeliveryFacts_Delivery> }) {
  const { eventId, eventType, sequence, trigger, createdAt, endedAt, flow, endpoint, requestedBy, replayOf, id } = readFragment(DeliveryFacts_Delivery, masked)
  return (
    <dl className="panel m-0 self-start p-3">
      <Fact name="Event"><span className="font-mono text-[0.93rem]">{eventType}</span><span className="block text-[0.93rem] text-muted">{Object.hasOwn(WEBHOOK_EVENT_SENTENCES, eventType) && WEBHOOK_EVENT_SENTENCES[eventType as WebhookEventType]}</span></Fact>
      <Fact name="Flow">{flow ? <a href={addressOf.flow(flow.id)}>{flow.title}</a> : <span className="text-muted">{trigger === 'TEST' ? 'none: it is a test' : 'gone, or not yours to read'}</span>}</Fact>
      {sequence !== null && <Fact name="Place in its log">{sequence}</Fact>}
      <Fact name="Endpoint"><a href={addressOf.endpoints(endpoint)}>{nameOfEndpoint(endpoint)}</a>{endpoint.name !== null && <span className="block break-all font-mono text-[0.9rem] text-muted">{endpoint.urlRedacted}</span>}</Fact>
      {endpoint.state !== 'ACTIVE' && <Fact name="It is"><span className="font-medium text-bad">{ENDPOINT_LOOKS[endpoint.state].word}</span>{endpoint.disabledReason && <span className="block text-muted">{endpoint.disabledReason}</span>}</Fact>}
      <Fact name="Made because">{TRIGGER_LOOKS[trigger].sentence}{requestedBy && <span className="block text-muted">By {requestedBy.name}</span>}</Fact>
      {replayOf && <Fact name="Repeats"><a href={addressOf.delivery(replayOf.id)} className="font-mono text-[0.93rem]">{shortenId(replayOf.id)}</a></Fact>}
      <Fact name="Made"><RelativeTime at={createdAt} /><span className="block text-[0.93rem] text-muted">{formatInstant(createdAt)}</span></Fact>
      {endedAt && <Fact name="Ended"><RelativeTime at={endedAt} /></Fact>}
      <Fact name="Event id"><ShortId id={eventId} label="event id" /></Fact>
      <Fact name="Delivery id"><ShortId id={id} label="delivery id" /></Fact>
      <Fact name="Show"><span className="flex flex-col"><a href={addressOf.deliveries({ endpoint: endpoint.id })}>All to this endpoint</a>{flow && <a href={addressOf.flow(flow.id, 'deliveries')}>All of this flow</a>}</span></Fact>
    </dl>
  )
}
