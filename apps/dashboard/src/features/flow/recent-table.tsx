import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { useHeldRows } from '../../ui/hold-order.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { RelativeTime, Span } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { STATUS_LOOKS } from '../looks.ts'
import { FlowActionMenu } from './flow-actions.tsx'
import { FlowActions_Flow } from './flow-rules.ts'
import { whyEnded } from '../end-sentence.ts'
import { TIME_WORDS } from '../time-words.ts'

export const RecentTable_Flow = graphql(`
  fragment RecentTable_Flow on Flow {
    id title kind status terminalReason queuedAt startedAt finishedAt
    error { message }
    ...FlowActions_Flow
  }
`, [FlowActions_Flow])

type Row = ResultOf<typeof RecentTable_Flow>

/** What ended last, newest first. */
export function RecentTable({ flows }: { flows: readonly FragmentOf<typeof RecentTable_Flow>[] }) {
  const { rows } = useHeldRows(flows.map(flow => readFragment(RecentTable_Flow, flow)), row => row.id)
  return (
    <table className="rows">
      <caption className="sr-only">Flows that ended last</caption>
      <thead>
        <tr>
          <th scope="col" className="w-32">Ended as</th>
          <th scope="col">Title</th>
          <th scope="col" className="hidden w-40 lg:table-cell">Kind</th>
          <th scope="col" className="hidden w-[34%] md:table-cell">Why</th>
          <th scope="col" className="hidden w-32 text-right md:table-cell" title={TIME_WORDS.took}>Took</th>
          <th scope="col" className="w-28 text-right md:w-32">Ended</th>
          <th scope="col" className="w-10 md:w-14"><span className="sr-only">Actions</span></th>
        </tr>
      </thead>
      <tbody>{rows.map(row => <RecentRow key={row.id} row={row} />)}</tbody>
    </table>
  )
}

function RecentRow({ row }: { row: Row }) {
  const why = whyEnded(row)
  return (
    <tr>
      <td><LookBadge look={STATUS_LOOKS[row.status]} /></td>
      <td><a data-row href={addressOf.flow(row.id)} title={row.title} className="inline-block max-w-full truncate align-middle font-medium leading-6 text-text no-underline hover:underline">{row.title}</a></td>
      <td className="hidden lg:table-cell" title={row.kind}><a className="text-muted no-underline hover:underline" href={addressOf.flows({ kind: row.kind })}>{row.kind}</a></td>
      <td className="hidden text-muted md:table-cell" title={why}>{why}</td>
      <td className="hidden text-right md:table-cell">{row.startedAt ? <Span from={row.startedAt} to={row.finishedAt} /> : '–'}</td>
      <td className="text-right">{row.finishedAt && <RelativeTime at={row.finishedAt} />}</td>
      <td className="!px-1 text-right"><FlowActionMenu flow={row} /></td>
    </tr>
  )
}
