import { FLOW_STATUSES, type FlowStatus } from '@sluice/protocol'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { TONE_TEXT } from '../../ui/tone.ts'
import { addressOf } from '../addresses.ts'
import { STATUS_LOOKS } from '../looks.ts'
import type { ListSearch } from './list-search.ts'

export const StatusTabs_FlowCounts = graphql(`
  fragment StatusTabs_FlowCounts on FlowCounts { byStatus { status count } total exact }
`)

interface Props { counts: FragmentOf<typeof StatusTabs_FlowCounts> | null; search: ListSearch }
type Counts = ResultOf<typeof StatusTabs_FlowCounts>

const figures = new Intl.NumberFormat('en-US')

/** How many stand in each status, under all other filters; each leads to those alone. Without counts, which may take too long, only the words. */
export function StatusTabs({ counts: masked, search }: Props) {
  const counts = masked && readFragment(StatusTabs_FlowCounts, masked)
  return (
    <nav aria-label="Statuses" className="-mx-1 overflow-x-auto px-1 py-0.5">
      <ul className="m-0 flex list-none gap-1.5 p-0">
        <Tab address={addressOf.flows({ ...search, status: undefined })} shown={search.status === undefined} word="All" figure={counts && figureOf(counts.total, counts)} />
        {FLOW_STATUSES.map(status => (
          <Tab
            key={status} address={addressOf.flows({ ...search, status })} shown={search.status?.includes(status) ?? false} status={status} word={STATUS_LOOKS[status].word}
            figure={counts && figureOf(counts.byStatus.find(one => one.status === status)?.count ?? 0, counts)}
          />
        ))}
      </ul>
    </nav>
  )
}

interface Figure { text: string; note: string }

/** Where counting stopped, what was found so far is the least that there is; of what was not found yet nothing is known. */
const figureOf = (count: number, { exact, total }: Counts): Figure => {
  if (exact) return { text: figures.format(count), note: '' }
  return { text: count === 0 ? '?' : `${figures.format(count)}+`, note: `Counting stopped at ${figures.format(total)}; there may be more.` }
}

interface TabProps { address: string; shown: boolean; word: string; status?: FlowStatus; figure: Figure | null }

function Tab({ address, shown, word, status, figure }: TabProps) {
  const look = status && STATUS_LOOKS[status]
  const Icon = look?.icon
  return (
    <li>
      <a
        href={address} aria-current={shown ? 'true' : undefined} title={[look?.sentence, figure?.note].filter(Boolean).join(' ')}
        className={`inline-flex min-h-8 items-center gap-1.5 whitespace-nowrap rounded-md border bg-surface px-2.5 text-text no-underline hover:bg-sunken ${shown ? 'border-accent font-medium' : 'border-line'}`}
      >
        {Icon && <Icon size={14} aria-hidden="true" className={TONE_TEXT[look.tone]} />}
        {word}
        {figure && <span className="text-muted">{figure.text}</span>}
      </a>
    </li>
  )
}
