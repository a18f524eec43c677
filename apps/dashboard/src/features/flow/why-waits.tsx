import { useQuery } from 'urql'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { useEvery } from '../../graphql/use-every.ts'
import { LookBadge } from '../../ui/look.tsx'
import { Popover } from '../../ui/popover.tsx'
import { withLocalTimes } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { REASON_LOOKS } from '../looks.ts'

export const WhyWaits_Flow = graphql(`
  fragment WhyWaits_Flow on Flow { id title queue { reason detail } }
`)

export const Holders_Query = graphql(`
  query Holders($id: ID!) { flow(id: $id) { id queue { detail holders(first: 10) { id title kind } } } }
`)

/** Why a flow waits, in a sentence; opened, it names the flows whose slots it waits for. whole: the sentence has as many lines as it needs. */
export function WhyWaits({ flow: masked, whole = false }: { flow: FragmentOf<typeof WhyWaits_Flow>; whole?: boolean }) {
  const flow = readFragment(WhyWaits_Flow, masked)
  if (!flow.queue) return null
  const detail = withLocalTimes(flow.queue.detail)
  const trigger = (
    <button type="button" className={`group flex min-h-6 max-w-full items-center gap-x-2 rounded px-1 py-1 text-left hover:underline ${whole ? 'flex-wrap' : ''}`} title={detail}>
      <LookBadge look={REASON_LOOKS[flow.queue.reason]} />
      <span className={`min-w-0 whitespace-normal text-[0.93rem] leading-tight text-muted ${whole ? '' : 'line-clamp-2 group-focus-visible:line-clamp-none'}`}>{detail}</span>
    </button>
  )
  return (
    <Popover trigger={trigger} title={`Why ${flow.title} waits`}>
      <p>{detail}</p>
      <Holders key={flow.queue.reason} id={flow.id} />
    </Popover>
  )
}

/** The flows whose slots a queued flow waits for, as far as the viewer may read them. */
export function Holders({ id }: { id: string }) {
  const [{ data, fetching }, execute] = useQuery({ query: Holders_Query, variables: { id }, requestPolicy: 'cache-and-network' })
  useEvery(5000, () => execute({ requestPolicy: 'network-only' }))
  const holders = data?.flow?.queue?.holders ?? []
  if (holders.length === 0) return fetching ? <p className="text-muted">Reading who holds the slots…</p> : null
  return (
    <div>
      <p className="text-[0.93rem] text-muted">It waits for the slots of</p>
      <ul className="m-0 list-none p-0">
        {holders.map(holder => (
          <li key={holder.id} className="flex min-h-7 items-center gap-2">
            <a href={addressOf.flow(holder.id)} className="min-w-0 truncate">{holder.title}</a>
            <span className="text-[0.93rem] text-muted">{holder.kind}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}
