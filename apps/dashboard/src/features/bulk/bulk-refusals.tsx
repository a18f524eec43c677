import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { shortenId } from '../../ui/short-id.tsx'
import { addressOf } from '../addresses.ts'

export const BulkRefusals_BulkOperation = graphql(`
  fragment BulkRefusals_BulkOperation on BulkOperation { id refused refusals(first: 100) { edges { node { target code message } } } }
`)

/** What an operation could not act on, each with why. */
export function BulkRefusals({ operation: masked }: { operation: FragmentOf<typeof BulkRefusals_BulkOperation> }) {
  const { refused, refusals } = readFragment(BulkRefusals_BulkOperation, masked)
  const more = refused - refusals.edges.length
  return (
    <details open>
      <summary className="font-medium">{refused === 1 ? 'One was' : `${refused.toLocaleString('en-US')} were`} refused</summary>
      <ul aria-label="Refusals" className="m-0 mt-1 max-h-48 list-none overflow-y-auto rounded-md border border-line p-0" tabIndex={0}>
        {refusals.edges.map(({ node }) => (
          <li key={node.target} className="flex flex-wrap gap-x-4 border-t border-line px-2 py-1 first:border-t-0">
            <a href={addressOf.delivery(node.target)} className="font-mono text-[0.93rem]">{shortenId(node.target)}</a><span className="min-w-0 flex-1 break-words">{node.message}</span>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="mt-1 text-muted">and {more.toLocaleString('en-US')} more</p>}
    </details>
  )
}
