import { useMemo } from 'react'
import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { useCalmRefresh } from '../../graphql/use-calm-refresh.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { Loaded } from '../../ui/loaded.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import { MEMO_LOOKS } from '../looks.ts'

const FlowRemembered_Query = graphql(`
  query FlowRemembered($id: ID!) {
    flow(id: $id) { id isTerminal remembered(first: 200) { edges { node { key kind attempt at } } pageInfo { hasNextPage } } }
  }
`)

type Remembered = NonNullable<ResultOf<typeof FlowRemembered_Query>['flow']>['remembered']

/** What the next attempt does not do or ask again, by its keys: the values are only given to whoever works on it. */
export function FlowRemembered({ flowId }: { flowId: string }) {
  const page = useLoaded({ query: FlowRemembered_Query, variables: useMemo(() => ({ id: flowId }), [flowId]) })
  useCalmRefresh(() => { if (page.data?.flow?.isTerminal !== true) page.refresh() })
  return (
    <section aria-labelledby="remembered" className="flex flex-col gap-1.5">
      <h2 id="remembered" className="m-0 text-[1.05rem] font-semibold">Remembered</h2>
      <Loaded state={page}>{({ flow }) => flow && <Keys remembered={flow.remembered} isTerminal={flow.isTerminal} />}</Loaded>
    </section>
  )
}

function Keys({ remembered: { edges, pageInfo }, isTerminal }: { remembered: Remembered; isTerminal: boolean }) {
  if (edges.length === 0) return <p className="text-muted">{isTerminal ? 'No step and no answer.' : 'No step and no answer yet: another attempt would begin at the beginning.'}</p>
  return (
    <>
      <p className="text-muted">Completed steps and answered waits: a later attempt of this flow does not do or ask them again.</p>
      <div className="panel overflow-hidden">
        <table className="rows">
          <caption className="sr-only">Remembered</caption>
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col" className="w-24 sm:w-32">Kind</th>
              <th scope="col" className="hidden w-20 text-right sm:table-cell">Attempt</th>
              <th scope="col" className="w-28 text-right sm:w-32">When</th>
            </tr>
          </thead>
          <tbody>
            {edges.map(({ node: { key, kind, attempt, at } }) => (
              <tr key={key}>
                <td className="font-mono text-[0.93rem]" title={key}>{key}</td>
                <td><LookBadge look={MEMO_LOOKS[kind]} /></td>
                <td className="hidden text-right sm:table-cell">{attempt + 1}</td>
                <td className="text-right"><RelativeTime at={at} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pageInfo.hasNextPage && <p className="text-[0.93rem] text-muted">These are the first 200; the field <code className="font-mono text-text">Flow.remembered</code> has them all.</p>}
    </>
  )
}
