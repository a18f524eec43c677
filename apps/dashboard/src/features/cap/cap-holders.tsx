import { ArrowUpFromLine } from 'lucide-react'
import { useQuery } from 'urql'
import { graphql } from '../../graphql/graphql.ts'
import { useCalmRefresh } from '../../graphql/use-calm-refresh.ts'
import { Popover } from '../../ui/popover.tsx'
import { addressOf } from '../addresses.ts'

export const CapHolders_Query = graphql(`
  query CapHolders($holding: FlowFilter!) {
    flows(filter: $holding, orderBy: CREATED_ASC, first: 20) { edges { node { id title kind } } pageInfo { hasNextPage } }
  }
`)

interface Props { principal: { id: string; name: string }; words: string; over: boolean }

/** How many slots a principal's flows hold; opened, it names the flows. */
export function CapHolders({ principal, words, over }: Props) {
  const trigger = (
    <button type="button" aria-label={`${words} slots held by ${principal.name}: show the flows`} className={`inline-flex min-h-6 items-center gap-1 rounded px-1 underline underline-offset-2 ${over ? 'font-semibold text-attention' : ''}`}>
      {over && <ArrowUpFromLine size={13} aria-hidden="true" />}{words}{over && <span className="font-normal"> (over)</span>}
    </button>
  )
  return <Popover trigger={trigger} title={`What ${principal.name} holds slots for`}><HeldFlows id={principal.id} /></Popover>
}

function HeldFlows({ id }: { id: string }) {
  const [{ data, fetching }, execute] = useQuery({ query: CapHolders_Query, variables: { holding: { owner: [id], slotHeld: true } }, requestPolicy: 'cache-and-network' })
  useCalmRefresh(() => execute({ requestPolicy: 'network-only' }))
  const flows = data?.flows.edges ?? []
  if (flows.length === 0) return <p className="text-muted">{fetching ? 'Reading…' : 'Its flows hold no slot that you may see.'}</p>
  return (
    <ul className="m-0 list-none p-0">
      {flows.map(({ node }) => (
        <li key={node.id} className="flex min-h-7 items-center gap-2">
          <a href={addressOf.flow(node.id)} className="min-w-0 truncate">{node.title}</a>
          <span className="text-[0.93rem] text-muted">{node.kind}</span>
        </li>
      ))}
      {data?.flows.pageInfo.hasNextPage && <li><a href={addressOf.flows({ owner: id, slotHeld: 'true' })}>All of them</a></li>}
    </ul>
  )
}
