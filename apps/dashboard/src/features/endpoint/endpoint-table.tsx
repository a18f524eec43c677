import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { useHeldRows } from '../../ui/hold-order.tsx'
import { useHoldWhilePointed } from '../../ui/hold-while-pointed.ts'
import { PendingLine } from '../../ui/pending-line.tsx'
import { EndpointRow, EndpointRow_WebhookEndpoint } from './endpoint-row.tsx'
import type { LiveCounts } from './endpoint-health.ts'

export const EndpointTable_WebhookEndpoint = graphql(`
  fragment EndpointTable_WebhookEndpoint on WebhookEndpoint { id ...EndpointRow_WebhookEndpoint }
`, [EndpointRow_WebhookEndpoint])

interface Props {
  endpoints: readonly FragmentOf<typeof EndpointTable_WebhookEndpoint>[]
  live: LiveCounts
  /** The id of the endpoint whose details are shown. */
  opened: string | undefined
  onOpen(id: string | undefined): void
  onDone(): void
}

/** Every endpoint: where it leads, what it hears of, how it does. */
export function EndpointTable({ endpoints: masked, live, opened, onOpen, onDone }: Props) {
  const { rows, pending } = useHeldRows(masked.map(endpoint => readFragment(EndpointTable_WebhookEndpoint, endpoint)), row => row.id)
  const holding = useHoldWhilePointed()
  return (
    <div {...holding}>
      <PendingLine count={pending} />
      <table className="rows">
        <caption className="sr-only">Endpoints</caption>
        <thead>
          <tr>
            <th scope="col">Endpoint</th>
            <th scope="col" className="w-24 md:w-28">State</th>
            <th scope="col" className="hidden w-[22%] lg:table-cell">URL</th>
            <th scope="col" className="hidden w-44 md:table-cell xl:w-52">Events</th>
            <th scope="col" className="w-20 text-right" title="Of the last 100 automatic ones that ended; replays and tests do not count">Arrived</th>
            <th scope="col" className="hidden w-28 text-right md:table-cell" title="Deliveries that failed one after the other, of so many that disable it; enabling begins anew">Failed in a row</th>
            <th scope="col" className="hidden w-16 text-right lg:table-cell">Live</th>
            <th scope="col" className="hidden w-52 xl:table-cell">Signed by</th>
            <th scope="col" className="w-12"><span className="sr-only">Actions</span></th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => <EndpointRow key={row.id} endpoint={row} live={live.of(row.id)} opened={row.id === opened} onOpen={open => onOpen(open ? row.id : undefined)} onDone={onDone} />)}
        </tbody>
      </table>
    </div>
  )
}
