import { useCallback, useMemo, useRef, useState } from 'react'
import { FilterBar } from '../../features/flow-list/filter-bar.tsx'
import { FlowList } from '../../features/flow-list/flow-list.tsx'
import { toFilter, type ListSearch } from '../../features/flow-list/list-search.ts'
import { StatusTabs, StatusTabs_FlowCounts } from '../../features/flow-list/status-tabs.tsx'
import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { useEvery } from '../../graphql/use-every.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { useViewer } from '../../graphql/viewer.ts'
import { useTitle } from '../../ui/use-title.ts'

const FlowsPage_Choices = graphql(`
  query FlowsPageChoices($owners: Boolean!) {
    lanes { id name }
    flowKinds { name title }
    principals @include(if: $owners) { id name }
  }
`)

const FlowsPage_Counts = graphql(`
  query FlowsPageCounts($filter: FlowFilter) { flowCounts(filter: $filter) { exact ...StatusTabs_FlowCounts } }
`, [StatusTabs_FlowCounts])

/** Counts that are read from the ledger are cheap; others are counted row by row. */
const COUNT_EVERY_MS = 2000
const COUNT_ROWS_EVERY_MS = 15_000

interface Props { search: ListSearch; onSearch(search: ListSearch, o?: { replace: boolean }): void }

/** Every flow, newest first, under the filters of the address. */
export function FlowsPage({ search, onSearch }: Props) {
  const [newsAt, setNewsAt] = useState<HTMLElement | null>(null)
  const key = JSON.stringify(search)
  const counted = useCounts(search)
  const choices = useChoices()
  useTitle('Flows')
  return (
    <>
      <div className="flex min-h-8 items-center justify-between gap-2">
        <h1 className="m-0 text-[1.35rem] font-semibold">Flows</h1>
        <div ref={setNewsAt} />
      </div>
      <StatusTabs counts={counted.counts} search={search} />
      <FilterBar search={search} choices={choices} onSearch={onSearch} />
      {counted.error && <p role="status" className="text-muted">The counts are missing. {counted.error}</p>}
      <FlowList key={key} search={search} newsAt={newsAt} onChange={counted.expire} />
    </>
  )
}

/** Counts under all filters but the status, read again some time after a change. */
const useCounts = (search: ListSearch) => {
  const variables = useMemo(() => ({ filter: toFilter({ ...search, status: undefined }) }), [search])
  const page = useLoaded({ query: FlowsPage_Counts, variables })
  const expired = useRef(false)
  const readAt = useRef(0)
  const counts = page.data?.flowCounts ?? null
  const apart = counts?.exact ? COUNT_EVERY_MS : COUNT_ROWS_EVERY_MS
  const readExpired = () => {
    if (!expired.current || Date.now() - readAt.current < apart) return
    expired.current = false
    readAt.current = Date.now()
    page.refresh()
  }
  useEvery(COUNT_EVERY_MS / 4, readExpired)
  return { counts, error: page.error, expire: useCallback(() => { expired.current = true }, []) }
}

type Read = ResultOf<typeof FlowsPage_Choices>

const useChoices = () => {
  const owners = useViewer()?.permissions.includes('principals') ?? false
  const { data } = useLoaded({ query: FlowsPage_Choices, variables: { owners } })
  return useMemo(() => choicesOf(data), [data])
}

const choicesOf = (data: Read | undefined) => ({
  lanes: data?.lanes.map(({ name }) => ({ value: name, label: name })) ?? [],
  kinds: data?.flowKinds.map(({ name, title }) => ({ value: name, label: name, hint: title ?? '' })) ?? [],
  owners: data?.principals?.map(({ id, name }) => ({ value: id, label: name })) ?? null,
})
