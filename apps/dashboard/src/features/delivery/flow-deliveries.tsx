import { useMemo } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useLive } from '../../graphql/use-live.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { useHeldRows } from '../../ui/hold-order.tsx'
import { useHoldWhilePointed } from '../../ui/hold-while-pointed.ts'
import { Loaded } from '../../ui/loaded.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { PendingLine } from '../../ui/pending-line.tsx'
import { ExpectedTime, RelativeTime } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { nameOfEndpoint } from '../endpoint-name.ts'
import { sentenceOfFailure } from '../failure-words.ts'
import { DELIVERY_LOOKS } from '../looks.ts'
import { DeliveryList_Delivery, type ListedDelivery } from './delivery-documents.ts'
import { TriggerMark } from './trigger-mark.tsx'

const FlowDeliveries_Query = graphql(`
  query FlowDeliveries($id: ID!, $after: String) {
    flow(id: $id) {
      id
      deliveries(first: 50, after: $after) { edges { node { id ...DeliveryList_Delivery } } pageInfo { hasNextPage endCursor } }
    }
  }
`, [DeliveryList_Delivery])

const FlowDeliveries_Changed = graphql(`
  subscription FlowDeliveriesChanged($filter: WebhookDeliveryFilter!) {
    webhookDeliveryChanged(filter: $filter) { cursor kind gap end delivery { id state attemptCount nextAttemptAt lastError } }
  }
`)

interface Props { flowId: string; after: string | undefined; onPage(after: string | undefined): void }

/** Who was told of a flow, and how far that got, live. */
export function FlowDeliveries({ flowId, after, onPage }: Props) {
  const filter = useMemo(() => ({ filter: { flow: flowId } }), [flowId])
  const live = useLive({ subscription: FlowDeliveries_Changed, variables: filter, item: data => data.webhookDeliveryChanged, onChange: () => page.refresh() })
  const page = useLoaded({ query: FlowDeliveries_Query, variables: useMemo(() => ({ id: flowId, after: after ?? null }), [flowId, after]), ready: live.ready })
  return (
    <Loaded state={page}>
      {({ flow }) => {
        const { edges, pageInfo } = flow?.deliveries ?? NOTHING
        if (edges.length === 0 && after === undefined) return <Nobody />
        return (
          <div className="flex flex-col gap-2">
            <DeliveryTable deliveries={edges.map(({ node }) => node)} />
            <div className="flex flex-wrap items-center gap-2">
              {after !== undefined && <button type="button" className="control" onClick={() => onPage(undefined)}>Newest</button>}
              {pageInfo.hasNextPage && pageInfo.endCursor && <button type="button" className="control" onClick={() => onPage(pageInfo.endCursor ?? undefined)}>Older</button>}
              <a href={addressOf.deliveries({ flow: flowId })}>Open them in the list of deliveries</a>
            </div>
          </div>
        )
      }}
    </Loaded>
  )
}

const NOTHING = { edges: [], pageInfo: { hasNextPage: false, endCursor: null } }

function Nobody() {
  return <p className="text-muted">Nobody was told of this flow yet: <a href={addressOf.endpoints()}>endpoints</a> hear of the events they ask for, and a flow may bring a <code className="font-mono text-text">webhookUrl</code> along, which hears of its end.</p>
}

function DeliveryTable({ deliveries }: { deliveries: readonly ListedDelivery[] }) {
  const { rows, pending } = useHeldRows(deliveries, row => row.id)
  const holding = useHoldWhilePointed()
  return (
    <div className="panel overflow-hidden" {...holding}>
      <PendingLine count={pending} />
      <table className="rows">
        <caption className="sr-only">Deliveries of this flow</caption>
        <thead>
          <tr>
            <th scope="col" className="w-32 md:w-36">State</th>
            <th scope="col" className="sm:w-56">Event</th>
            <th scope="col" className="hidden w-52 sm:table-cell">Endpoint</th>
            <th scope="col" className="hidden w-20 text-right md:table-cell">Attempts</th>
            <th scope="col" className="hidden w-32 md:table-cell">Next try</th>
            <th scope="col" className="hidden lg:table-cell">Last error</th>
            <th scope="col" className="w-24 text-right md:w-32">Made</th>
          </tr>
        </thead>
        <tbody>{rows.map(row => <DeliveryLine key={row.id} row={row} />)}</tbody>
      </table>
    </div>
  )
}

function DeliveryLine({ row }: { row: ListedDelivery }) {
  const failure = sentenceOfFailure(row.lastError)
  return (
    <tr>
      <td><LookBadge look={DELIVERY_LOOKS[row.state]} /></td>
      <td>
        <span className="flex min-w-0 items-center gap-2">
          <a data-row href={addressOf.delivery(row.id)} className="min-w-0 truncate py-0.5 font-mono text-[0.93rem] text-text no-underline hover:underline">{row.eventType}</a>
          <TriggerMark trigger={row.trigger} />
        </span>
      </td>
      <td className="hidden sm:table-cell" title={row.endpoint.urlRedacted}>{nameOfEndpoint(row.endpoint)}</td>
      <td className="hidden text-right md:table-cell">{row.attemptCount}</td>
      <td className="hidden md:table-cell">{row.nextAttemptAt ? <ExpectedTime at={row.nextAttemptAt} /> : <span className="text-muted">–</span>}</td>
      <td className="hidden text-muted lg:table-cell" title={failure}>{failure}</td>
      <td className="text-right"><RelativeTime at={row.createdAt} /></td>
    </tr>
  )
}
