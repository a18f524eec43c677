import { memo } from 'react'
import type { ListPages } from '../../ui/paged-list/list-pages.ts'
import type { ListReader } from '../../ui/paged-list/list-reader.ts'
import { PagedTable } from '../../ui/paged-list/paged-table.tsx'
import { addressOf } from '../addresses.ts'
import { TIME_WORDS } from '../time-words.ts'
import { FlowRow } from './flow-row.tsx'
import type { ListedFlow } from './list-documents.ts'
import type { ListSearch } from './list-search.ts'

interface Props { list: ListReader<ListedFlow>; pages: ListPages<ListedFlow>; search: ListSearch }

/** The flows of a list, as a window. */
export function FlowTable({ list, pages, search }: Props) {
  return (
    <PagedTable
      list={list} pages={pages} caption="Flows" room="max-h-[max(20rem,calc(100dvh-14.5rem))]" addressOf={addressOf.flow} head={<Head order={search.order} />}
      row={(listed, index) => <Row key={listed.row.id} listed={listed} index={index} search={search} />}
    />
  )
}

const Row = memo(FlowRow)

function Head({ order }: { order: ListSearch['order'] }) {
  return (
    <>
      <th scope="col" className="w-28 md:w-32">Status</th>
      <th scope="col">Title</th>
      <th scope="col" className="hidden w-40 lg:table-cell xl:w-52">Kind</th>
      <th scope="col" className="hidden w-28 md:table-cell">Lane</th>
      <th scope="col" className="hidden w-60 xl:table-cell 2xl:w-64">Labels</th>
      <th scope="col" className="hidden w-28 xl:table-cell">Owner</th>
      <th scope="col" className="hidden w-32 text-right sm:table-cell" title={TIME_WORDS.took}>Took</th>
      <th scope="col" className="w-28 text-right md:w-32" aria-sort={order === 'CREATED_ASC' ? 'ascending' : 'descending'}>{order === 'FINISHED_DESC' ? 'Ended' : 'Submitted'}</th>
    </>
  )
}
