import { LookBadge } from '../../ui/look.tsx'
import { GONE_LOOKS } from '../../ui/paged-list/gone-looks.ts'
import type { Listed } from '../../ui/paged-list/list-pages.ts'
import { ExpectedTime, RelativeTime } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { nameOfEndpoint } from '../endpoint-name.ts'
import { sentenceOfFailure } from '../failure-words.ts'
import { DELIVERY_LOOKS } from '../looks.ts'
import type { ListedDelivery } from './delivery-documents.ts'
import { TriggerMark } from './trigger-mark.tsx'

interface Props { listed: Listed<ListedDelivery>; index: number; selected: boolean; onSelect(id: string): void }

/** One delivery of the list. What no longer fits the filter stays in its place, and says so. */
export function DeliveryRow({ listed: { row, gone }, index, selected, onSelect }: Props) {
  const failure = sentenceOfFailure(row.lastError)
  return (
    <tr aria-rowindex={index + 2} data-id={row.id} data-gone={gone ?? undefined} aria-selected={selected} className="cursor-pointer aria-selected:bg-accent/10">
      <td className="!pr-0">
        <label className="-m-2 block p-2"><input type="checkbox" data-select aria-label={`Select the delivery of ${row.eventType} to ${nameOfEndpoint(row.endpoint)}`} className="block size-4 accent-(--accent)" checked={selected} onChange={() => onSelect(row.id)} /></label>
      </td>
      <td><LookBadge look={DELIVERY_LOOKS[row.state]} /></td>
      <td>
        <span className="flex min-w-0 items-center gap-2">
          {gone && <span className="shrink-0 text-[0.86rem]"><LookBadge look={GONE_LOOKS[gone]} /></span>}
          <a data-row href={addressOf.delivery(row.id)} className="min-w-0 truncate py-0.5 font-mono text-[0.93rem] text-text no-underline hover:underline">{row.eventType}</a>
          <TriggerMark trigger={row.trigger} />
        </span>
      </td>
      <td className="hidden sm:table-cell"><FlowOf flow={row.flow} /></td>
      <td className="hidden md:table-cell" title={row.endpoint.urlRedacted}><a className="text-muted no-underline hover:underline" href={addressOf.deliveries({ endpoint: row.endpoint.id })}>{nameOfEndpoint(row.endpoint)}</a></td>
      <td className="hidden text-right lg:table-cell">{row.attemptCount === 0 ? <span className="text-muted">0</span> : row.attemptCount}</td>
      <td className="hidden lg:table-cell">{row.nextAttemptAt ? <ExpectedTime at={row.nextAttemptAt} /> : <span className="text-muted">–</span>}</td>
      <td className="hidden text-muted xl:table-cell" title={failure}>{failure}</td>
      <td className="text-right"><RelativeTime at={row.createdAt} /></td>
    </tr>
  )
}

/** A flow that the viewer may not read, or that is gone, has no title; a test has no flow. */
function FlowOf({ flow }: { flow: ListedDelivery['flow'] }) {
  if (flow === null) return <span className="text-muted">–</span>
  return <a href={addressOf.flow(flow.id)} title={flow.title} className="text-text no-underline hover:underline">{flow.title}</a>
}
