import { useEffect, useMemo, useRef } from 'react'
import { addressOf } from '../../features/addresses.ts'
import { DeliveryAttempts, DeliveryAttempts_Delivery } from '../../features/delivery/delivery-attempts.tsx'
import { DeliveryBody, DeliveryBody_Delivery } from '../../features/delivery/delivery-body.tsx'
import { DeliveryChain, DeliveryChain_Delivery } from '../../features/delivery/delivery-chain.tsx'
import { DeliveryFacts, DeliveryFacts_Delivery } from '../../features/delivery/delivery-facts.tsx'
import { DeliveryHeader, DeliveryHeader_Delivery } from '../../features/delivery/delivery-header.tsx'
import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { useEvery } from '../../graphql/use-every.ts'
import { useLive } from '../../graphql/use-live.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { Loaded } from '../../ui/loaded.tsx'
import { useTitle } from '../../ui/use-title.ts'
import type { DeliverySearch } from './delivery-search.ts'

const DeliveryPage_Query = graphql(`
  query DeliveryPage($id: ID!) {
    node(id: $id) {
      __typename id
      ... on WebhookDelivery {
        id eventType createdAt endedAt endpoint { id } flow { id }
        ...DeliveryHeader_Delivery ...DeliveryAttempts_Delivery ...DeliveryBody_Delivery ...DeliveryFacts_Delivery ...DeliveryChain_Delivery
      }
    }
  }
`, [DeliveryHeader_Delivery, DeliveryAttempts_Delivery, DeliveryBody_Delivery, DeliveryFacts_Delivery, DeliveryChain_Delivery])

const DeliveryPage_Changed = graphql(`
  subscription DeliveryPageChanged($filter: WebhookDeliveryFilter!) {
    webhookDeliveryChanged(filter: $filter) { cursor kind gap end delivery { id state attemptCount nextAttemptAt lastError } }
  }
`)

type Delivery = Extract<NonNullable<ResultOf<typeof DeliveryPage_Query>['node']>, { __typename: 'WebhookDelivery' }>
interface Props { id: string; search: DeliverySearch; onSearch(search: DeliverySearch): void }

/** One delivery: how it stands, every attempt with request and answer, what was sent, and its replays. */
export function DeliveryPage({ id, search, onSearch }: Props) {
  const page = useLoaded({ query: DeliveryPage_Query, variables: useMemo(() => ({ id }), [id]) })
  const node = page.data?.node
  const delivery = node?.__typename === 'WebhookDelivery' ? node : null
  // An attempt that is under way ages without a change.
  useEvery(2000, () => { if (delivery && delivery.endedAt === null) page.refresh() })
  useTitle(delivery ? `${delivery.eventType}, delivery` : 'Delivery')
  return <Loaded state={page}>{() => (delivery ? <Sheet delivery={delivery} search={search} onSearch={onSearch} onChange={page.refresh} /> : <Missing id={id} />)}</Loaded>
}

function Sheet({ delivery, search, onSearch, onChange }: Omit<Props, 'id'> & { delivery: Delivery; onChange(): void }) {
  useChanges(delivery, onChange)
  return (
    <div className="flex flex-col gap-4">
      <DeliveryHeader delivery={delivery} />
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="flex min-w-0 flex-col gap-4">
          <DeliveryAttempts delivery={delivery} opened={search.attempt} onOpen={attempt => onSearch({ attempt })} />
          <DeliveryChain delivery={delivery} />
          <DeliveryBody delivery={delivery} />
        </div>
        <DeliveryFacts delivery={delivery} />
      </div>
    </div>
  )
}

/** No subscription is of one delivery; that of its event at its endpoint has it, and its replays, which forbid another meanwhile. Read once more when it has begun. */
const useChanges = ({ endpoint, eventType, flow, createdAt }: Delivery, onChange: () => void) => {
  const flowId = flow?.id ?? null
  const variables = useMemo(() => ({ filter: { endpoint: [endpoint.id], eventType: [eventType], flow: flowId, createdAfter: createdAt } }), [endpoint.id, eventType, flowId, createdAt])
  const { ready } = useLive({ subscription: DeliveryPage_Changed, variables, item: data => data.webhookDeliveryChanged, onChange })
  const latest = useRef(onChange)
  latest.current = onChange
  useEffect(() => { if (ready) latest.current() }, [ready])
}

function Missing({ id }: { id: string }) {
  return (
    <div className="panel p-4">
      <h1 className="m-0 text-[1.35rem] font-semibold">There is no such delivery</h1>
      <p className="mt-1 text-muted">Nothing with the id <code className="break-all font-mono text-text">{id}</code> can be read: it is kept no longer, or it is of a flow that belongs to somebody else.</p>
      <p className="mt-3"><a href={addressOf.deliveries()}>Show all deliveries</a></p>
    </div>
  )
}
