import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { useViewer, type ViewerData } from '../../graphql/viewer.ts'
import { JsonView } from '../../ui/json-view.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { Instant } from '../../ui/time.tsx'
import { lookOf } from '../looks.ts'
import { usePrincipalNames } from '../use-principal-names.ts'
import { FlowAttempts_Flow } from './flow-attempts.tsx'
import { carriedBy, inWords, isFlat, nameOf, type Names } from './event-words.ts'

export const FlowEvents_Flow = graphql(`
  fragment FlowEvents_Flow on Flow {
    id
    owner { id name }
    events(first: 100, after: $after) {
      edges { node { sequence type status phase actor at payload } }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

type Log = ResultOf<typeof FlowEvents_Flow>
type Event = Log['events']['edges'][number]['node']

type Worked = ResultOf<typeof FlowAttempts_Flow>

/** attempts: who worked on it, as the tab beside has it: read once. */
interface Props { flow: FragmentOf<typeof FlowEvents_Flow>; attempts: FragmentOf<typeof FlowAttempts_Flow>; onPage(after: string | undefined): void; paged: boolean }

/** The log of a flow, in order: every milestone with who caused it and what it carried. */
export function FlowEvents({ flow: masked, attempts, onPage, paged }: Props) {
  const flow = readFragment(FlowEvents_Flow, masked)
  const { events } = flow
  const near = namesOf({ ...flow, ...readFragment(FlowAttempts_Flow, attempts) }, useViewer())
  const others = usePrincipalNames(events.edges.some(({ node: { actor } }) => actor?.startsWith('prn_') === true && !near.has(actor)))
  const names = new Map([...others, ...near])
  const next = events.pageInfo.endCursor
  return (
    <div className="flex flex-col gap-2">
      <ol aria-label="Events" className="panel m-0 list-none p-0">
        {events.edges.map(({ node }) => <EventLine key={node.sequence} event={node} names={names} />)}
      </ol>
      <div className="flex gap-2">
        {paged && <button type="button" className="control" onClick={() => onPage(undefined)}>First events</button>}
        {events.pageInfo.hasNextPage && next && <button type="button" className="control" onClick={() => onPage(next)}>Later events</button>}
      </div>
    </div>
  )
}

/** Everyone whose name is at hand: who submitted it, who looks, who worked on it. */
const namesOf = ({ owner, attempts }: Pick<Log, 'owner'> & Pick<Worked, 'attempts'>, viewer: ViewerData | null): Names => {
  const workers = attempts.edges.flatMap(({ node }) => node.worker ?? [])
  return new Map([owner, ...workers, ...(viewer?.principal ? [viewer.principal] : [])].map(({ id, name }) => [id, name]))
}

function EventLine({ event, names }: { event: Event; names: Names }) {
  const look = event.status && lookOf({ status: event.status, phase: event.phase })
  return (
    <li className="border-t border-line px-3 py-1 first:border-t-0">
      <div className="flex min-h-7 items-baseline gap-x-4">
        <span className="w-8 shrink-0 text-right text-muted">{event.sequence}</span>
        <div className="flex min-w-0 flex-wrap items-center gap-x-4">
          <span className="w-28 text-muted"><Instant at={event.at} /></span>
          <span className="w-44 font-mono text-[0.93rem]">{event.type}</span>
          <span className="w-28">{look && <LookBadge look={look} />}</span>
          <span className="text-muted" title={event.actor ?? undefined}>{event.actor && `by ${nameOf(event.actor, names)}`}</span>
        </div>
      </div>
      <Carried event={event} names={names} />
    </li>
  )
}

function Carried({ event, names }: { event: Event; names: Names }) {
  const entries = carriedBy(event.payload, event.actor)
  if (entries.length === 0) return null
  const words = inWords(entries, names)
  if (isFlat(entries)) return <p className="ml-12 break-words pb-1 text-[0.93rem] text-muted">{words}</p>
  return (
    <details className="ml-12 pb-1 text-[0.93rem]">
      <summary className="truncate text-muted" aria-label={`What event ${event.sequence} carried`}>{words}</summary>
      <JsonView value={Object.fromEntries(entries)} label={`payload of event ${event.sequence}`} />
    </details>
  )
}
