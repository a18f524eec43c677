import { useEffect, useLayoutEffect, type RefObject } from 'react'
import { useGo } from '../go.ts'
import { locate, type ListPages } from './list-pages.ts'
import type { InView } from './list-reader.ts'

type Scroller = RefObject<HTMLElement | null>

/** top: how far it was scrolled when it was left, in pixels. */
interface Place { scroller: Scroller; top(): number; onScrolled(top: number): void }

const scrollTo = (element: HTMLElement, top: number) => { element.scrollTop = top }

/** Begins where it was left; before the window looks where it is. */
export const usePlace = ({ scroller, top, onScrolled }: Place) => {
  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    scrollTo(element, top())
    const remember = () => onScrolled(element.scrollTop)
    element.addEventListener('scroll', remember, { passive: true })
    return () => element.removeEventListener('scroll', remember)
  }, [scroller, top, onScrolled])
}

/** openedRow: the id of the row that was opened by keyboard when it was left; it is taken once. first: of the window. */
interface KeyboardPlace { scroller: Scroller; first: number; openedRow(): string | null; onOpened(id: string | null): void }

/** Who opened a row by keyboard and comes back stands on it again. A pointer leaves no place. */
export const useKeyboardPlace = ({ scroller, first, openedRow, onOpened }: KeyboardPlace) => {
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

/** Rows before the end at which the next page is read. */
const AHEAD = 40

interface Look<Row> { pages: ListPages<Row>; first: number; last: number; length: number; onLook(inView: InView, nearEnd: boolean): void }

/** Tells which pages are in view, whenever that or the list changes. */
export const useLook = <Row>({ pages, first, last, length, onLook }: Look<Row>) => {
  const firstPage = locate(pages, first)?.page ?? 0
  const lastPage = locate(pages, Math.min(last, length - 1))?.page ?? 0
  const nearEnd = last >= length - AHEAD
  useEffect(() => onLook({ first: firstPage, last: lastPage }, nearEnd), [pages, firstPage, lastPage, nearEnd, onLook])
}

/** A click anywhere on a row opens it, but for one on something of its own, and one that selects text. By keyboard, its link does. */
export const useOpenRow = (scroller: Scroller, addressOf: (id: string) => string) => {
  const go = useGo()
  useEffect(() => {
    const table = scroller.current
    const open = (event: MouseEvent) => {
      const target = event.target as Element
      const id = target.closest<HTMLElement>('tr[data-id]')?.dataset['id']
      if (id === undefined || target.closest('a, button, input, label') || getSelection()?.type === 'Range') return
      go(addressOf(id))
    }
    table?.addEventListener('click', open)
    return () => table?.removeEventListener('click', open)
  }, [scroller, go, addressOf])
}
