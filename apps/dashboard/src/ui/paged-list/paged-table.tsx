import { useRef, type ReactNode } from 'react'
import { useRowWindow } from '../row-window.ts'
import { lengthOf, nextOf, rowAt, type Listed, type ListPages, type WithId } from './list-pages.ts'
import type { ListReader } from './list-reader.ts'
import { useKeyboardPlace, useLook, useOpenRow, usePlace } from './table-places.ts'

/** As high as a row of every table; the window reckons with it. */
const ROW_PX = 32

interface Props<Row extends WithId> {
  list: ListReader<Row>
  pages: ListPages<Row>
  caption: string
  /** How high it may be, as a class. */
  room: string
  /** The cells of its head. */
  head: ReactNode
  /** One row, a tr with the id of its row in data-id. */
  row(listed: Listed<Row>, index: number): ReactNode
  addressOf(id: string): string
}

/** As many rows as fit, of a list of any length. Those that are not there stand as high as they would. */
export function PagedTable<Row extends WithId>({ list, pages, caption, room, head, row, addressOf }: Props<Row>) {
  const scroller = useRef<HTMLDivElement>(null)
  const length = lengthOf(pages)
  const count = length + (nextOf(pages) === null ? 0 : 1)
  usePlace({ scroller, top: list.top, onScrolled: list.scrolled })
  const { first, last } = useRowWindow({ scroller, count, rowPx: ROW_PX })
  const places = Array.from({ length: last - first + 1 }, (_, at) => first + at)
  useLook({ pages, first, last, length, onLook: list.look })
  useOpenRow(scroller, addressOf)
  useKeyboardPlace({ scroller, first, openedRow: list.openedRow, onOpened: list.opened })
  return (
    <div ref={scroller} className={`overflow-y-auto overscroll-contain ${room}`} data-list>
      <table className="rows" aria-rowcount={nextOf(pages) === null ? length + 1 : -1}>
        <caption className="sr-only">{caption}</caption>
        <thead className="sticky top-0 z-10 bg-surface"><tr aria-rowindex={1}>{head}</tr></thead>
        <tbody>
          <Gap rows={first} />
          {places.map(index => {
            const listed = rowAt(pages, index)
            return listed ? row(listed, index) : <UnreadRow key={`unread ${index}`} index={index} />
          })}
          <Gap rows={count - 1 - last} />
        </tbody>
      </table>
    </div>
  )
}

/** Stands for the rows above or below the window. */
const Gap = ({ rows }: { rows: number }): ReactNode => rows > 0 && <tr aria-hidden="true"><td aria-hidden="true" className="!border-0 !p-0" style={{ height: rows * ROW_PX }} /></tr>

/** Stands for a row that is not read yet, or was read and dropped. */
function UnreadRow({ index }: { index: number }) {
  return <tr aria-rowindex={index + 2}><td colSpan={3} className="text-muted">Reading…</td></tr>
}
