import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { Figure } from '../../ui/figure.tsx'
import { Elapsed } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'

export const QueueStats_QueueStats = graphql(`
  fragment QueueStats_QueueStats on QueueStats {
    queued running waiting slotsHeld slotsHeldByWaiting cap oldestQueuedAt finishedLastMinute failedLastMinute
  }
`)

/** Depth, oldest wait and the rates of the last minute, of one lane or all. failedAddress: where those that failed are listed. */
export function QueueStats({ stats: masked, lane, failedAddress }: { stats: FragmentOf<typeof QueueStats_QueueStats>; lane: string | undefined; failedAddress: string }) {
  const stats = readFragment(QueueStats_QueueStats, masked)
  return (
    <dl className="m-0 grid grid-cols-3 gap-x-6 gap-y-3 sm:grid-cols-4 lg:grid-cols-7">
      <Figure name="Slots held" title="Held slots of the cap">{stats.slotsHeld}{stats.cap > 0 && <span className="font-normal text-muted"> / {stats.cap}</span>}</Figure>
      <Figure name="Running"><a href={addressOf.flows({ status: 'RUNNING', lane })} className="text-inherit" title="List those that run">{stats.running}</a></Figure>
      <Figure name="Waiting" tone={stats.slotsHeldByWaiting > 0 ? 'attention' : undefined} title={`${stats.slotsHeldByWaiting} of them hold a slot`}>
        <a href={addressOf.approvals({ lane })} className="text-inherit" title="List what they ask">{stats.waiting}</a>
        {stats.slotsHeldByWaiting > 0 && <span className="whitespace-nowrap text-[0.86rem] font-normal"> {stats.slotsHeldByWaiting} in slots</span>}
      </Figure>
      <Figure name="Queued"><a href={addressOf.flows({ status: 'QUEUED', lane })} className="text-inherit" title="List those that are queued">{stats.queued}</a></Figure>
      <Figure name="Oldest wait">{stats.oldestQueuedAt ? <Elapsed since={stats.oldestQueuedAt} /> : '–'}</Figure>
      <Figure name="Finished / min" tone={stats.finishedLastMinute > 0 ? 'good' : undefined}>{stats.finishedLastMinute}</Figure>
      <Figure name="Failed / min" tone={stats.failedLastMinute > 0 ? 'bad' : undefined}>
        <a href={failedAddress} className="text-inherit" title="List those that failed">{stats.failedLastMinute}</a>
      </Figure>
    </dl>
  )
}
