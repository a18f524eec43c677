import { useCallback, useMemo, useRef, useState } from 'react'
import { useWaitList } from '../../features/wait/use-wait-list.ts'
import { WaitFilterBar } from '../../features/wait/wait-filter-bar.tsx'
import { WaitList } from '../../features/wait/wait-list.tsx'
import type { WaitSearch } from '../../features/wait/wait-search.ts'
import { Loaded } from '../../ui/loaded.tsx'
import { PendingLine } from '../../ui/pending-line.tsx'
import { useTitle } from '../../ui/use-title.ts'

interface Props { search: WaitSearch; onSearch(search: WaitSearch): void }

/** Everything that waits for somebody, the oldest first. What one types in stays, whoever else answers it meanwhile. */
export function ApprovalsPage({ search, onSearch }: Props) {
  const { kept, keep } = useKept(search.wait)
  const { page, rows, pending } = useWaitList(search, kept)
  const latest = useRef({ search, onSearch })
  latest.current = { search, onSearch }
  const open = useCallback((id: string, isOpen: boolean) => {
    keep(id, isOpen)
    const { search, onSearch } = latest.current
    if (isOpen || search.wait === id) onSearch({ ...search, wait: isOpen ? id : undefined })
  }, [keep])
  const lanes = useMemo(() => page.data?.lanes.map(({ name }) => ({ value: name, label: name })) ?? [], [page.data])
  useTitle(rows.length > 0 ? `Approvals, ${rows.length} open` : 'Approvals')
  return (
    <>
      <div className="flex min-h-8 flex-wrap items-center justify-between gap-2">
        <h1 className="m-0 text-[1.35rem] font-semibold">Approvals</h1>
        <PendingLine count={pending} />
      </div>
      <WaitFilterBar search={search} lanes={lanes} onSearch={onSearch} />
      <Loaded state={page}>
        {({ waitpoints: { pageInfo } }) => (
          <div className="flex flex-col gap-2">
            <WaitList rows={rows} search={search} onOpen={open} />
            <div className="flex flex-wrap gap-2">
              {search.after !== undefined && <button type="button" className="control" onClick={() => onSearch({ ...search, after: undefined })}>The oldest</button>}
              {pageInfo.hasNextPage && <button type="button" className="control" onClick={() => onSearch({ ...search, after: pageInfo.endCursor ?? undefined })}>Later ones</button>}
            </div>
          </div>
        )}
      </Loaded>
    </>
  )
}

/** Those whose forms are open. */
const useKept = (first: string | undefined) => {
  const [kept, set] = useState<ReadonlySet<string>>(() => new Set(first === undefined ? [] : [first]))
  const keep = useCallback((id: string, keeps: boolean) => set(now => (keeps ? new Set([...now, id]) : new Set([...now].filter(one => one !== id)))), [])
  return { kept, keep }
}
