import { useMemo } from 'react'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { useCalmRefresh } from '../../graphql/use-calm-refresh.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { LookBadge } from '../../ui/look.tsx'
import { Panel } from '../../ui/panel.tsx'
import { shortenId } from '../../ui/short-id.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { DELIVERY_LOOKS, TRIGGER_LOOKS } from '../looks.ts'

export const DeliveryChain_Delivery = graphql(`
  fragment DeliveryChain_Delivery on WebhookDelivery { id eventId eventType state flow { id } endpoint { id } event { id createdAt } }
`)

const DeliveryChain_Query = graphql(`
  query DeliveryChain($filter: WebhookDeliveryFilter!) {
    webhookDeliveries(filter: $filter, first: 100) {
      edges { node { id eventId state trigger createdAt replayOf { id } requestedBy { id name } } }
    }
  }
`)

/** The same event to the same endpoint: the delivery that the event made, and every replay, oldest first. Nothing where there is but one. */
export function DeliveryChain({ delivery: masked }: { delivery: FragmentOf<typeof DeliveryChain_Delivery> }) {
  const { id, eventId, eventType, flow, endpoint, event } = readFragment(DeliveryChain_Delivery, masked)
  const [flowId, since] = [flow?.id, event?.createdAt]
  const variables = useMemo(() => ({ filter: { endpoint: [endpoint.id], eventType: [eventType], flow: flowId ?? null, createdAfter: since ?? null } }), [endpoint.id, eventType, flowId, since])
  const { data, refresh } = useLoaded({ query: DeliveryChain_Query, variables })
  useCalmRefresh(refresh)
  const chain = (data?.webhookDeliveries.edges ?? []).map(({ node }) => node).filter(one => one.eventId === eventId).toReversed()
  if (chain.length < 2) return null
  return (
    <Panel flush title="The same event to this endpoint" aside={<span className="text-muted">{chain.length} deliveries, oldest first</span>}>
      <ol className="m-0 list-none p-0">
        {chain.map(one => (
          <li key={one.id} aria-current={one.id === id ? 'true' : undefined} className="flex min-h-8 flex-wrap items-center gap-x-4 border-t border-line px-3 py-1 aria-[current=true]:bg-accent/10">
            <span className="w-28"><LookBadge look={DELIVERY_LOOKS[one.state]} /></span>
            <span className="w-20"><LookBadge look={TRIGGER_LOOKS[one.trigger]} /></span>
            {one.id === id ? <span className="font-mono text-[0.93rem] font-medium">this one</span> : <a data-row href={addressOf.delivery(one.id)} className="font-mono text-[0.93rem]">{shortenId(one.id)}</a>}
            <span className="text-muted">{one.replayOf && (one.replayOf.id === id ? 'repeats this one' : `repeats ${shortenId(one.replayOf.id)}`)}{one.requestedBy && `, by ${one.requestedBy.name}`}</span>
            <span className="ml-auto text-muted"><RelativeTime at={one.createdAt} /></span>
          </li>
        ))}
      </ol>
    </Panel>
  )
}
