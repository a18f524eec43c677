import { LookBadge } from '../../ui/look.tsx'
import { GONE_LOOKS } from '../../ui/paged-list/gone-looks.ts'
import type { Gone, Listed } from '../../ui/paged-list/list-pages.ts'
import { Elapsed, RelativeTime, Span } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { whyEnded } from '../end-sentence.ts'
import { lookOf } from '../looks.ts'
import { TIME_WORDS } from '../time-words.ts'
import type { ListedFlow } from './list-documents.ts'
import type { ListSearch } from './list-search.ts'

interface Props { listed: Listed<ListedFlow>; index: number; search: ListSearch }

/** One flow of the list; its kind, lane and labels narrow the list to such. What has left the list meanwhile stays in its place, and says so. */
export function FlowRow({ listed: { row, gone }, index, search }: Props) {
  const why = row.status === 'FINISHED' ? '' : whyEnded(row)
  const instant = search.order === 'FINISHED_DESC' ? row.finishedAt : row.createdAt
  return (
    <tr aria-rowindex={index + 2} data-id={gone === 'deleted' ? undefined : row.id} data-gone={gone ?? undefined} className={gone === 'deleted' ? '' : 'cursor-pointer'}>
      <td><LookBadge look={lookOf(row)} /></td>
      <td>
        <span className="flex min-w-0 items-center gap-2">
          {gone && <span className="shrink-0 text-[0.86rem]"><LookBadge look={GONE_LOOKS[gone]} /></span>}
          <Title row={row} gone={gone} />
          {why && <span className="hidden min-w-0 flex-1 truncate text-[0.93rem] text-muted md:inline" title={why}>{why}</span>}
        </span>
      </td>
      <td className="hidden lg:table-cell" title={row.kind}><a className="text-muted no-underline hover:underline" href={addressOf.flows({ ...search, kind: row.kind })}>{row.kind}</a></td>
      <td className="hidden md:table-cell" title={row.lane.name}><a className="text-muted no-underline hover:underline" href={addressOf.flows({ ...search, lane: row.lane.name })}>{row.lane.name}</a></td>
      <td className="hidden xl:table-cell"><Labels labels={row.labels} search={search} /></td>
      <td className="hidden text-muted xl:table-cell" title={row.owner.name}>{row.owner.name}</td>
      <td className="hidden text-right sm:table-cell"><Took row={row} /></td>
      <td className="text-right">{instant && <RelativeTime at={instant} />}</td>
    </tr>
  )
}

function Title({ row, gone }: { row: ListedFlow; gone: Gone | null }) {
  const look = 'min-w-0 max-w-full truncate py-0.5 font-medium'
  if (gone === 'deleted') return <span className={`${look} text-muted line-through`}>{row.title}</span>
  return <a data-row href={addressOf.flow(row.id)} title={row.title} className={`${look} text-text no-underline hover:underline`}>{row.title}</a>
}

/** In the queue since, or from its first start to its end, as the page of the flow says it. */
function Took({ row }: { row: ListedFlow }) {
  if (row.status === 'QUEUED') return <span className="text-muted" title={TIME_WORDS.queued}>queued <Elapsed since={row.queuedAt} /></span>
  if (row.startedAt === null) return <span title="It never started">–</span>
  return <Span from={row.startedAt} to={row.finishedAt} />
}

function Labels({ labels, search }: { labels: ListedFlow['labels']; search: ListSearch }) {
  const pairs = Object.entries((labels ?? {}) as Record<string, string>).map(([key, value]) => `${key}=${value}`)
  return (
    <span className="flex gap-1 overflow-hidden" title={pairs.join(', ')}>
      {pairs.map(pair => <a key={pair} href={addressOf.flows({ ...search, label: pair })} className="truncate rounded bg-sunken px-1.5 text-[0.86rem] leading-5 text-muted no-underline hover:text-text hover:underline">{pair}</a>)}
    </span>
  )
}
