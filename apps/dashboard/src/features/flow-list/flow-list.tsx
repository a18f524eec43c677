import { ArrowUp } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { createPortal } from 'react-dom'
import { Button } from '../../ui/button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { addressOf } from '../addresses.ts'
import { FlowTable } from './flow-table.tsx'
import { looksLikePieceOfId } from './id-piece.ts'
import { lengthOf } from './list-pages.ts'
import type { ListReader } from './list-reader.ts'
import { isFiltered, type ListSearch } from './list-search.ts'
import { useFlowList } from './use-flow-list.ts'

const NEVER = { data: undefined, fetching: true, error: null, retry: () => {} }

/** The flows that an address asks for, live. Another address is another list: key it. newsAt: where newcomers are announced. onChange: something changed, so that counts may have. */
export function FlowList({ search, newsAt, onChange }: { search: ListSearch; newsAt: HTMLElement | null; onChange(): void }) {
  const { list, view: { pages, fresh, problem } } = useFlowList(search, onChange)
  const frame = useRef<HTMLDivElement>(null)
  useShownByThemselves({ frame, list, fresh: fresh.size })
  const state = { ...NEVER, data: pages ?? undefined, error: problem, retry: () => void list.reload() }
  return (
    <div ref={frame} className="panel min-w-0 overflow-hidden">
      {newsAt && createPortal(<Newcomers count={fresh.size} onShow={() => { toTop(frame.current); void list.reload() }} />, newsAt)}
      <Loaded state={state}>
        {read => (lengthOf(read) > 0 ? <FlowTable pages={read} search={search} top={list.top} onScrolled={list.scrolled} openedRow={list.openedRow} onOpened={list.opened} onLook={list.look} /> : <Empty search={search} />)}
      </Loaded>
    </div>
  )
}

const scrollerIn = (frame: HTMLElement | null) => frame?.querySelector('[data-list]') ?? null

const toTop = (frame: HTMLElement | null) => {
  const scroller = scrollerIn(frame)
  if (scroller) scroller.scrollTop = 0
}

/** Newcomers show by themselves at the top of the list, but never under a pointer or a focus that is in it. */
const useShownByThemselves = ({ frame, list, fresh }: { frame: React.RefObject<HTMLDivElement | null>; list: ListReader; fresh: number }) => {
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
