import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { JsonView } from '../../ui/json-view.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { shortenId } from '../../ui/short-id.tsx'
import { Instant } from '../../ui/time.tsx'
import { lookOf } from '../looks.ts'

export const FlowEvents_Flow = graphql(`
  fragment FlowEvents_Flow on Flow {
    id
    events(first: 100, after: $after) {
      edges { node { sequence type status phase actor at payload } }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

type Event = ResultOf<typeof FlowEvents_Flow>['events']['edges'][number]['node']

interface Props { flow: FragmentOf<typeof FlowEvents_Flow>; onPage(after: string | undefined): void; paged: boolean }

/** The log of a flow, in order: every milestone with who caused it and what it carried. */
export function FlowEvents({ flow: masked, onPage, paged }: Props) {
  const { events } = readFragment(FlowEvents_Flow, masked)
  const next = events.pageInfo.endCursor
  return (
    <div className="flex flex-col gap-2">
      <ol aria-label="Events" className="panel m-0 list-none p-0">
        {events.edges.map(({ node }) => <EventLine key={node.sequence} event={node} />)}
      </ol>
      <div className="flex gap-2">
        {paged && <button type="button" className="control" onClick={() => onPage(undefined)}>First events</button>}
        {events.pageInfo.hasNextPage && next && <button type="button" className="control" onClick={() => onPage(next)}>Later events</button>}
      </div>
    </div>
  )
}

const carries = (payload: Event['payload']) => typeof payload === 'object' && payload !== null && Object.keys(payload).length > 0

function EventLine({ event }: { event: Event }) {
  const look = event.status && lookOf({ status: event.status, phase: event.phase })
  return (
    <li className="border-t border-line px-3 py-1 first:border-t-0">
      <div className="flex min-h-7 flex-wrap items-center gap-x-4">
        <span className="w-8 text-right text-muted">{event.sequence}</span>
        <span className="w-28 text-muted"><Instant at={event.at} /></span>
        <span className="w-44 font-mono text-[0.93rem]">{event.type}</span>
        <span className="w-28">{look && <LookBadge look={look} />}</span>
        <span className="text-muted" title={event.actor ?? undefined}>{event.actor && `by ${shortenId(event.actor)}`}</span>
      </div>
      {carries(event.payload) && (
        <details className="ml-12 pb-1 text-[0.93rem]">
          <summary className="truncate font-mono text-muted" aria-label={`What event ${event.sequence} carried`}>{JSON.stringify(event.payload)}</summary>
          <JsonView value={event.payload} label={`payload of event ${event.sequence}`} />
        </details>
      )}
    </li>
  )
}
