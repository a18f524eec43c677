import { ArrowUp } from 'lucide-react'
import { useEffect, useRef, type ReactNode, type RefObject } from 'react'
import { createPortal } from 'react-dom'
import { Button } from '../button.tsx'
import { Loaded } from '../loaded.tsx'
import { lengthOf, type ListPages, type WithId } from './list-pages.ts'
import type { ListReader, ListView } from './list-reader.ts'

interface Props<Row extends WithId> {
  list: ListReader<Row>
  view: ListView<Row>
  /** Where newcomers are announced. */
  newsAt: HTMLElement | null
  /** Newcomers wait until they are asked for, as while rows are selected. */
  held?: boolean
  /** What stands there instead of an empty list. */
  empty: ReactNode
  children(pages: ListPages<Row>): ReactNode
}

const NEVER = { data: undefined, fetching: true, error: null, retry: () => {} }

/** The frame of a live list: reading, failed, empty or there, with its newcomers announced elsewhere. */
export function PagedList<Row extends WithId>({ list, view: { pages, fresh, problem }, newsAt, held = false, empty, children }: Props<Row>) {
  const frame = useRef<HTMLDivElement>(null)
  useShownByThemselves({ frame, list, fresh: held ? 0 : fresh.size })
  const state = { ...NEVER, data: pages ?? undefined, error: problem, retry: () => void list.reload() }
  return (
    <div ref={frame} className="panel min-w-0 overflow-hidden">
      {newsAt && createPortal(<Newcomers count={fresh.size} onShow={() => { toTop(frame.current); void list.reload() }} />, newsAt)}
      <Loaded state={state}>{read => (lengthOf(read) > 0 ? children(read) : empty)}</Loaded>
    </div>
  )
}

const scrollerIn = (frame: HTMLElement | null) => frame?.querySelector('[data-list]') ?? null

const toTop = (frame: HTMLElement | null) => {
  const scroller = scrollerIn(frame)
  if (scroller) scroller.scrollTop = 0
}

interface Shown<Row extends WithId> { frame: RefObject<HTMLDivElement | null>; list: ListReader<Row>; fresh: number }

/** Newcomers show by themselves at the top of the list, but never under a pointer or a focus that is in it. */
const useShownByThemselves = <Row extends WithId>({ frame, list, fresh }: Shown<Row>) => {
  useEffect(() => {
    const element = frame.current
    if (fresh === 0 || element === null) return
    const show = () => {
      const scroller = scrollerIn(element)
      if (!element.matches(':hover, :focus-within') && (scroller?.scrollTop ?? 0) === 0) void list.reload()
    }
    show()
    element.addEventListener('pointerleave', show)
    return () => element.removeEventListener('pointerleave', show)
  }, [frame, list, fresh])
}

/** Stands beside the head of the page, where room is kept for it, so that nothing moves when it comes. */
function Newcomers({ count, onShow }: { count: number; onShow(): void }) {
  return (
    <div aria-live="polite">
      {count > 0 && <Button look="primary" icon={ArrowUp} onClick={onShow} className="!min-h-7">{count.toLocaleString('en-US')} new, show {count === 1 ? 'it' : 'them'}</Button>}
    </div>
  )
}
