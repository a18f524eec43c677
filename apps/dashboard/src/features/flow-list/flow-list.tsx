import { PagedList } from '../../ui/paged-list/paged-list.tsx'
import { addressOf } from '../addresses.ts'
import { FlowTable } from './flow-table.tsx'
import { looksLikePieceOfId } from './id-piece.ts'
import { isFiltered, type ListSearch } from './list-search.ts'
import { useFlowList } from './use-flow-list.ts'

/** The flows that an address asks for, live. Another address is another list: key it. newsAt: where newcomers are announced. onChange: something changed, so that counts may have. */
export function FlowList({ search, newsAt, onChange }: { search: ListSearch; newsAt: HTMLElement | null; onChange(): void }) {
  const { list, view } = useFlowList(search, onChange)
  return <PagedList list={list} view={view} newsAt={newsAt} empty={<Empty search={search} />}>{pages => <FlowTable list={list} pages={pages} search={search} />}</PagedList>
}

function Empty({ search }: { search: ListSearch }) {
  const filtered = isFiltered(search) || search.order === 'FINISHED_DESC'
  return (
    <div className="p-4">
      <h2 className="m-0 text-[1.05rem] font-semibold">{filtered ? 'No flow fits these filters' : 'No flows yet'}</h2>
      <p className="mt-1 text-muted">
        {filtered ? 'What fits appears here as soon as it is submitted or changes. ' : 'What is submitted appears here, newest first. '}
        {filtered ? <a href={addressOf.flows()}>Show all flows</a> : <a href={addressOf.newFlow()}>Start a new flow</a>}
      </p>
      {looksLikePieceOfId(search.text) && <p className="mt-1">Ids are found whole or by their beginning, <code className="font-mono">flow_…</code></p>}
    </div>
  )
}
