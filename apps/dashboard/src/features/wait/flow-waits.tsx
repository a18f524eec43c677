import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { Wait_Waitpoint } from './wait-documents.ts'
import { usePrincipalNames } from './use-principal-names.ts'
import { WaitCard } from './wait-card.tsx'

export const FlowWaits_Flow = graphql(`
  fragment FlowWaits_Flow on Flow { id isTerminal waitpoints { id ...Wait_Waitpoint } }
`, [Wait_Waitpoint])

/** What a flow asked and asks, with what was answered, by whom, and the form of what stands open. */
export function FlowWaits({ flow: masked }: { flow: FragmentOf<typeof FlowWaits_Flow> }) {
  const { waitpoints, isTerminal } = readFragment(FlowWaits_Flow, masked)
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
