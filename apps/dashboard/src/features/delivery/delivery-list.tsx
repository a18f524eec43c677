import { memo, useCallback, useState } from 'react'
import { PagedList } from '../../ui/paged-list/paged-list.tsx'
import { PagedTable } from '../../ui/paged-list/paged-table.tsx'
import { addressOf } from '../addresses.ts'
import { DeliveryRow } from './delivery-row.tsx'
import { isFiltered, type DeliverySearch } from './delivery-search.ts'
import { DeliverySelection } from './delivery-selection.tsx'
import { useDeliveryList } from './use-delivery-list.ts'

interface Props {
  search: DeliverySearch
  /** Where newcomers are announced. */
  newsAt: HTMLElement | null
  onChange(): void
  /** Some are being replayed by this operation. */
  onReplaying(operation: string): void
}

/** The deliveries that an address asks for, live. Another address is another list: key it. While some are selected, none comes between. */
export function DeliveryList({ search, newsAt, onChange, onReplaying }: Props) {
  const { list, view } = useDeliveryList(search, onChange)
  const { selected, toggle, clear } = useSelection()
  return (
    <PagedList list={list} view={view} newsAt={newsAt} held={selected.size > 0} empty={<Empty search={search} />}>
      {pages => (
        <>
          <DeliverySelection selected={selected} onClear={clear} onReplaying={onReplaying} />
          <PagedTable
            list={list} pages={pages} caption="Deliveries" room="max-h-[max(20rem,calc(100dvh-15rem))]" addressOf={addressOf.delivery} head={<Head />}
            row={(listed, index) => <Row key={listed.row.id} listed={listed} index={index} selected={selected.has(listed.row.id)} onSelect={toggle} />}
          />
        </>
      )}
    </PagedList>
  )
}

const Row = memo(DeliveryRow)

const NONE: ReadonlySet<string> = new Set()

const useSelection = () => {
  const [selected, select] = useState(NONE)
  const toggle = useCallback((id: string) => select(now => (now.has(id) ? new Set([...now].filter(one => one !== id)) : new Set([...now, id]))), [])
  return { selected, toggle, clear: useCallback(() => select(NONE), []) }
}

function Head() {
  return (
    <>
      <th scope="col" className="w-8 !pr-0"><span className="sr-only">Selected</span></th>
      <th scope="col" className="w-32 md:w-36">State</th>
      <th scope="col" className="sm:w-56">Event</th>
      <th scope="col" className="hidden sm:table-cell">Flow</th>
      <th scope="col" className="hidden w-40 md:table-cell xl:w-48">Endpoint</th>
      <th scope="col" className="hidden w-20 text-right lg:table-cell">Attempts</th>
      <th scope="col" className="hidden w-32 lg:table-cell">Next try</th>
      <th scope="col" className="hidden w-[27%] xl:table-cell">Last error</th>
      <th scope="col" className="w-24 text-right md:w-32" aria-sort="descending">Made</th>
    </>
  )
}

function Empty({ search }: { search: DeliverySearch }) {
  const filtered = isFiltered(search)
  return (
    <div className="flex flex-col gap-1 p-4">
      <h2 className="m-0 text-[1.05rem] font-semibold">{filtered ? 'No delivery fits these filters' : 'No deliveries yet'}</h2>
      {filtered
        ? <p className="text-muted">What fits appears here as soon as it is made or changes. <a href={addressOf.deliveries()}>Show all deliveries</a></p>
        : <p className="text-muted">One is made for each event that an endpoint asks for: <a href={addressOf.endpoints()}>make an endpoint</a>, or give a flow a webhookUrl. To try it here, <code className="font-mono text-text">npm run receiver</code> starts a receiver beside this server and says what to allow.</p>}
    </div>
  )
}
