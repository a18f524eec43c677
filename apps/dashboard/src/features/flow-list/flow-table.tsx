import { memo, useEffect, useLayoutEffect, useRef, type ReactNode, type RefObject } from 'react'
import { useGo } from '../../ui/go.ts'
import { useRowWindow } from '../../ui/row-window.ts'
import { addressOf } from '../addresses.ts'
import { FlowRow, UnreadRow } from './flow-row.tsx'
import type { ListedFlow } from './list-documents.ts'
import { lengthOf, locate, nextOf, rowAt, type ListPages } from './list-pages.ts'
import type { InView } from './list-reader.ts'
import type { ListSearch } from './list-search.ts'

/** As high as a row of every table; the window reckons with it. */
const ROW_PX = 32
/** Rows before the end at which the next page is read. */
const AHEAD = 40

/** top: how far it was scrolled when it was left, in pixels. openedRow: the id of the row that was opened by keyboard then; it is taken once. */
interface Props {
  pages: ListPages<ListedFlow>; search: ListSearch
  top(): number; onScrolled(top: number): void
  openedRow(): string | null; onOpened(id: string | null): void
  onLook(inView: InView, nearEnd: boolean): void
}

/** As many rows as fit, of a list of any length. Those that are not there stand as high as they would. */
export function FlowTable({ pages, search, top, onScrolled, openedRow, onOpened, onLook }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const length = lengthOf(pages)
  const count = length + (nextOf(pages) === null ? 0 : 1)
  usePlace({ scroller, top, onScrolled })
  const { first, last } = useRowWindow({ scroller, count, rowPx: ROW_PX })
  const places = Array.from({ length: last - first + 1 }, (_, at) => first + at)
  useLook({ pages, first, last, length, onLook })
  useOpenRow(scroller)
  useKeyboardPlace({ scroller, first, openedRow, onOpened })
  return (
    <div ref={scroller} className="max-h-[max(20rem,calc(100dvh-14.5rem))] overflow-y-auto overscroll-contain" data-list>
      <table className="rows" aria-rowcount={nextOf(pages) === null ? length + 1 : -1}>
        <caption className="sr-only">Flows</caption>
        <Head order={search.order} />
        <tbody>
          <Gap rows={first} />
          {places.map(index => {
            const listed = rowAt(pages, index)
            return listed ? <Row key={listed.row.id} listed={listed} index={index} search={search} /> : <UnreadRow key={`unread ${index}`} index={index} />
          })}
          <Gap rows={count - 1 - last} />
        </tbody>
      </table>
    </div>
  )
}

const Row = memo(FlowRow)

/** Stands for the rows above or below the window. */
const Gap = ({ rows }: { rows: number }): ReactNode => rows > 0 && <tr aria-hidden="true"><td aria-hidden="true" className="!border-0 !p-0" style={{ height: rows * ROW_PX }} /></tr>

function Head({ order }: { order: ListSearch['order'] }) {
  return (
    <thead className="sticky top-0 z-10 bg-surface">
      <tr aria-rowindex={1}>
        <th scope="col" className="w-28 md:w-32">Status</th>
        <th scope="col">Title</th>
        <th scope="col" className="hidden w-40 lg:table-cell xl:w-52">Kind</th>
        <th scope="col" className="hidden w-28 md:table-cell">Lane</th>
        <th scope="col" className="hidden w-60 xl:table-cell 2xl:w-64">Labels</th>
        <th scope="col" className="hidden w-28 xl:table-cell">Owner</th>
        <th scope="col" className="hidden w-32 text-right sm:table-cell">Took</th>
        <th scope="col" className="w-28 text-right md:w-32" aria-sort={order === 'CREATED_ASC' ? 'ascending' : 'descending'}>{order === 'FINISHED_DESC' ? 'Ended' : 'Submitted'}</th>
      </tr>
    </thead>
  )
}

const scrollTo = (element: HTMLElement, top: number) => { element.scrollTop = top }

/** Begins where it was left; before the window looks where it is. */
const usePlace = ({ scroller, top, onScrolled }: Pick<Props, 'top' | 'onScrolled'> & { scroller: RefObject<HTMLElement | null> }) => {
  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    scrollTo(element, top())
    const remember = () => onScrolled(element.scrollTop)
    element.addEventListener('scroll', remember, { passive: true })
    return () => element.removeEventListener('scroll', remember)
  }, [scroller, top, onScrolled])
}

/** Who opened a row by keyboard and comes back stands on it again. A pointer leaves no place. */
const useKeyboardPlace = ({ scroller, first, openedRow, onOpened }: Pick<Props, 'openedRow' | 'onOpened'> & { scroller: RefObject<HTMLElement | null>; first: number }) => {
  useEffect(() => {
    const id = openedRow()
    const rows = [...(scroller.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
    const row = id === null ? undefined : rows.find(one => one.closest('tr')?.dataset['id'] === id)
    if (row === undefined) return
    onOpened(null)
    row.focus({ preventScroll: true })
  }, [scroller, first, openedRow, onOpened])
  useEffect(() => {
    const table = scroller.current
    const remember = (event: MouseEvent) => {
      const row = (event.target as Element).closest<HTMLElement>('[data-row]')?.closest('tr')
      // A click without a press is Enter.
      onOpened(event.detail === 0 ? (row?.dataset['id'] ?? null) : null)
    }
    table?.addEventListener('click', remember)
    return () => table?.removeEventListener('click', remember)
  }, [scroller, onOpened])
}

/** Tells which pages are in view, whenever that or the list changes. */
const useLook = ({ pages, first, last, length, onLook }: Pick<Props, 'pages' | 'onLook'> & { first: number; last: number; length: number }) => {
  const firstPage = locate(pages, first)?.page ?? 0
  const lastPage = locate(pages, Math.min(last, length - 1))?.page ?? 0
  const nearEnd = last >= length - AHEAD
  useEffect(() => onLook({ first: firstPage, last: lastPage }, nearEnd), [pages, firstPage, lastPage, nearEnd, onLook])
}

/** A click anywhere on a row opens it, but for one on something of its own, and one that selects text. By keyboard, its link does. */
const useOpenRow = (scroller: RefObject<HTMLElement | null>) => {
  const go = useGo()
  useEffect(() => {
    const table = scroller.current
    const open = (event: MouseEvent) => {
      const target = event.target as Element
      const id = target.closest<HTMLElement>('tr[data-id]')?.dataset['id']
      if (id === undefined || target.closest('a, button') || getSelection()?.type === 'Range') return
      go(addressOf.flow(id))
    }
    table?.addEventListener('click', open)
    return () => table?.removeEventListener('click', open)
  }, [scroller, go])
}
