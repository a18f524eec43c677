import { Pin, Zap } from 'lucide-react'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { useHeldRows } from '../../ui/hold-order.tsx'
import { PendingLine } from '../../ui/pending-line.tsx'
import { Elapsed, ExpectedTime } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { TIME_WORDS } from '../time-words.ts'
import { FlowActionMenu } from './flow-actions.tsx'
import { FlowActions_Flow } from './flow-rules.ts'
import { WhyWaits, WhyWaits_Flow } from './why-waits.tsx'

export const QueueTable_Flow = graphql(`
  fragment QueueTable_Flow on Flow {
    id title kind priority queuedAt notBefore
    lane { id name }
    queue { position reason estimatedStartAt pinned forced }
    ...WhyWaits_Flow
    ...FlowActions_Flow
  }
`, [WhyWaits_Flow, FlowActions_Flow])

type Row = ResultOf<typeof QueueTable_Flow>

/** The queue in the order in which the promoter would take it. */
export function QueueTable({ flows }: { flows: readonly FragmentOf<typeof QueueTable_Flow>[] }) {
  const newest = flows.map(flow => readFragment(QueueTable_Flow, flow))
  const { rows, pending } = useHeldRows(newest, row => row.id)
  return (
    <>
      <PendingLine count={pending} />
      <div className="max-h-[28rem] overflow-y-auto">
        <table className="rows">
          <caption className="sr-only">Queued flows in promotion order</caption>
          <thead className="sticky top-0 z-10 bg-surface">
            <tr>
              <th scope="col" className="w-10 text-right md:w-14">#</th>
              <th scope="col" className="md:w-[20%] xl:w-[18%]">Title</th>
              <th scope="col" className="hidden w-40 lg:table-cell xl:w-48">Kind</th>
              <th scope="col" className="hidden w-28 lg:table-cell">Lane</th>
              <th scope="col" className="hidden w-20 text-right md:table-cell">Priority</th>
              <th scope="col" className="w-24 text-right" title={TIME_WORDS.queued}>Queued</th>
              <th scope="col" className="hidden md:table-cell">Why it waits</th>
              <th scope="col" className="hidden w-32 xl:table-cell">Starts about</th>
              <th scope="col" className="w-10 md:w-14"><span className="sr-only">Actions</span></th>
            </tr>
          </thead>
          <tbody>{rows.map(row => <QueueRow key={row.id} row={row} />)}</tbody>
        </table>
      </div>
    </>
  )
}

function QueueRow({ row }: { row: Row }) {
  return (
    <tr>
      <td className="text-right text-muted">{row.queue?.position ?? <span title="It cannot be its turn now, or more than 1,000 stand before it">–</span>}</td>
      <td>
        <span className="flex min-w-0 items-center gap-1.5">
          <Pinned queue={row.queue} />
          <a data-row href={addressOf.flow(row.id)} title={row.title} className="block min-w-0 truncate py-0.5 font-medium text-text no-underline hover:underline">{row.title}</a>
        </span>
        <span className="-ml-1 block md:hidden"><WhyWaits flow={row} whole /></span>
      </td>
      <td className="hidden lg:table-cell" title={row.kind}><a className="text-muted no-underline hover:underline" href={addressOf.flows({ kind: row.kind })}>{row.kind}</a></td>
      <td className="hidden lg:table-cell"><a className="text-muted" href={addressOf.queue(row.lane.name)}>{row.lane.name}</a></td>
      <td className="hidden text-right md:table-cell">{row.priority}</td>
      <td className="text-right"><Elapsed since={row.queuedAt} /></td>
      <td className="hidden md:table-cell"><WhyWaits flow={row} /></td>
      <td className="hidden text-muted xl:table-cell"><StartsAbout row={row} /></td>
      <td className="!px-1 text-right"><FlowActionMenu flow={row} /></td>
    </tr>
  )
}

/** A delayed one starts when its time has come, which is known though its turn is not. */
function StartsAbout({ row: { queue, notBefore } }: { row: Row }) {
  const at = queue?.estimatedStartAt ?? (queue?.reason === 'DELAYED' || queue?.reason === 'RETRY_BACKOFF' ? notBefore : null)
  return at ? <ExpectedTime at={at} /> : <span title="Not known: too few starts lately, or not a matter of turns">–</span>
}

function Pinned({ queue }: { queue: Row['queue'] }) {
  if (!queue?.pinned) return null
  const Icon = queue.forced ? Zap : Pin
  const word = queue.forced ? 'Pinned first, may pass the caps' : 'Pinned first'
  return <span title={word} className="shrink-0 text-attention"><Icon size={14} aria-hidden="true" /><span className="sr-only">{word}. </span></span>
}
