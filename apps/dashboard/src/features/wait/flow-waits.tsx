import { useMemo } from 'react'
import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { useCalmRefresh } from '../../graphql/use-calm-refresh.ts'
import { useLive } from '../../graphql/use-live.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { Loaded } from '../../ui/loaded.tsx'
import { usePrincipalNames } from '../use-principal-names.ts'
import { WaitCard } from './wait-card.tsx'
import { WaitList_Changed, Wait_Waitpoint } from './wait-documents.ts'

const FlowWaits_Query = graphql(`
  query FlowWaits($id: ID!) { flow(id: $id) { id isTerminal waitpoints { id ...Wait_Waitpoint } } }
`, [Wait_Waitpoint])

const NONE = {}

/** What a flow asked and asks, live, with what was answered, by whom, and the form of what stands open. */
export function FlowWaits({ flowId }: { flowId: string }) {
  const live = useLive({ subscription: WaitList_Changed, variables: NONE, item: data => data.waitpointsChanged, onChange: () => page.refresh() })
  const page = useLoaded({ query: FlowWaits_Query, variables: useMemo(() => ({ id: flowId }), [flowId]), ready: live.ready })
  // What is made and not waited for yet is told by nothing.
  useCalmRefresh(page.refresh)
  return <Loaded state={page}>{({ flow }) => flow && <Waits flow={flow} />}</Loaded>
}

function Waits({ flow: { waitpoints, isTerminal } }: { flow: NonNullable<ResultOf<typeof FlowWaits_Query>['flow']> }) {
  const names = usePrincipalNames(waitpoints.some(({ answerableBy }) => answerableBy.some(one => one.startsWith('prn_'))))
  if (waitpoints.length === 0) {
    return <p className="text-muted">{isTerminal ? 'It asked nothing.' : <>It has asked nothing yet: a handler asks with <code className="font-mono text-text">ctx.ask</code>, a command with <code className="font-mono text-text">sluice ask</code>.</>}</p>
  }
  return (
    <ol aria-label="Waits of this flow" className="panel m-0 list-none divide-y divide-line p-0">
      {waitpoints.map(wait => <li key={wait.id}><WaitCard wait={wait} names={names} ofFlow begun={wait.state === 'OPEN' && wait.fields !== null} /></li>)}
    </ol>
  )
}
