import { ArrowUpFromLine } from 'lucide-react'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { Figure } from '../../ui/figure.tsx'
import { Meter } from '../../ui/meter.tsx'
import { Elapsed } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'

export const AllLanes_QueueStats = graphql(`
  fragment AllLanes_QueueStats on QueueStats {
    queued running waiting slotsHeld slotsHeldByWaiting cap oldestQueuedAt finishedLastMinute failedLastMinute
  }
`)

/** The figures of all lanes together, with the cap above all others. */
export function AllLanes({ stats: masked }: { stats: FragmentOf<typeof AllLanes_QueueStats> }) {
  const stats = readFragment(AllLanes_QueueStats, masked)
  const over = stats.cap > 0 && stats.slotsHeld > stats.cap
  const words = stats.cap > 0 ? `${stats.slotsHeld} of ${stats.cap}` : String(stats.slotsHeld)
  return (
    <div className="flex flex-col gap-3">
      <dl className="m-0 grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4 lg:grid-cols-[2fr_repeat(7,1fr)]">
        <Figure name="Slots held" tone={over ? 'attention' : undefined}>
          <span className="inline-flex items-center gap-1.5 whitespace-nowrap">{over && <ArrowUpFromLine size={16} aria-hidden="true" />}{words}{over && <span className="text-[0.93rem] font-normal">over</span>}</span>
        </Figure>
        <Figure name="… by waiting" title="Slots held by flows that ask somebody">{stats.slotsHeldByWaiting}</Figure>
        <Figure name="Running">{stats.running}</Figure>
        <Figure name="Waiting" title="Flows that ask somebody">{stats.waiting}</Figure>
        <Figure name="Queued">{stats.queued}</Figure>
        <Figure name="Oldest wait">{stats.oldestQueuedAt ? <Elapsed since={stats.oldestQueuedAt} /> : '–'}</Figure>
        <Figure name="Finished / min" tone={stats.finishedLastMinute > 0 ? 'good' : undefined}>{stats.finishedLastMinute}</Figure>
        <Figure name="Failed / min" tone={stats.failedLastMinute > 0 ? 'bad' : undefined}>
          <a href={addressOf.ended('failed')} className="text-inherit" title="List those that failed">{stats.failedLastMinute}</a>
        </Figure>
      </dl>
      {stats.cap > 0 && <span className="flex"><Meter used={stats.slotsHeld} of={stats.cap} label={`${words} slots held`} /></span>}
    </div>
  )
}
