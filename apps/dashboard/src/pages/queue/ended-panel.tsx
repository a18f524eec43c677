import { useEffect, useRef } from 'react'
import { RecentTable } from '../../features/flow/recent-table.tsx'
import type { ResultOf } from '../../graphql/graphql.ts'
import { Panel } from '../../ui/panel.tsx'
import { Nothing } from './nothing.tsx'
import type { QueuePage_Query } from './queue-documents.ts'
import { ENDED_AS, type QueueSearch } from './queue-search.ts'

interface Props { ended: ResultOf<typeof QueuePage_Query>['ended']; search: QueueSearch; onSearch(search: QueueSearch): void }

/** What ended last: all or one kind of end, and page by page what ended before. */
export function EndedPanel({ ended: { edges, pageInfo }, search, onSearch }: Props) {
  const next = pageInfo.endCursor
  const older = search.endedAfter !== undefined
  return (
    <div ref={useInSight(search.ended)}>
      <Panel title="Ended last" aside={<Filter search={search} onSearch={onSearch} />} flush>
        {edges.length > 0 ? <RecentTable flows={edges.map(edge => edge.node)} /> : <Nothing>{emptySentence(search)}</Nothing>}
        {(older || pageInfo.hasNextPage) && (
          <div className="flex gap-2 border-t border-line p-2">
            {older && <button type="button" className="control" onClick={() => onSearch({ ...search, endedAfter: undefined })}>Back to the newest</button>}
            {pageInfo.hasNextPage && next && <button type="button" className="control" onClick={() => onSearch({ ...search, endedAfter: next })}>Show older</button>}
          </div>
        )}
      </Panel>
    </div>
  )
}

const emptySentence = ({ ended, endedAfter }: QueueSearch) => {
  if (endedAfter !== undefined) return 'Nothing older is kept.'
  return ended === undefined ? 'Nothing has ended yet. What finishes, fails or is cancelled appears here.' : `Nothing that is kept has ended as ${ended}.`
}

function Filter({ search, onSearch }: Omit<Props, 'ended'>) {
  return (
    <div role="group" aria-label="Ended as" className="flex flex-wrap gap-1 text-[0.93rem]">
      {[undefined, ...ENDED_AS].map(one => (
        <button
          key={one ?? 'all'} type="button" aria-pressed={search.ended === one} onClick={() => onSearch({ ...search, ended: one, endedAfter: undefined })}
          className="min-h-7 rounded-md px-2 capitalize text-muted hover:text-text aria-pressed:bg-sunken aria-pressed:font-medium aria-pressed:text-text"
        >
          {one ?? 'all'}
        </button>
      ))}
    </div>
  )
}

/** An address that asks for one kind of end, as a figure at the top of the page does, means this panel: it comes into sight. */
const useInSight = (ended: QueueSearch['ended']) => {
  const panel = useRef<HTMLDivElement>(null)
  useEffect(() => { if (ended !== undefined) panel.current?.scrollIntoView?.({ block: 'nearest' }) }, [ended])
  return panel
}
