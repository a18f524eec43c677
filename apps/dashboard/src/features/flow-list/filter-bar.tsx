import { Search } from 'lucide-react'
import { useEffect, useRef, useState, type KeyboardEvent } from 'react'
import { Button } from '../../ui/button.tsx'
import { ChoiceFilter, FilterButton, type Choice } from '../../ui/choice-filter.tsx'
import { ExportMenu } from '../../ui/export-menu.tsx'
import { TimeFilter } from '../../ui/time-filter.tsx'
import { exportAddress, isFiltered, LIST_ORDERS, type ListOrder, type ListSearch } from './list-search.ts'

/** What can be chosen. owners: null where the viewer may not read who there is. */
export interface Choices { lanes: readonly Choice[]; kinds: readonly Choice[]; owners: readonly Choice[] | null }

interface Props { search: ListSearch; choices: Choices; onSearch(search: ListSearch, o?: { replace: boolean }): void }

const ORDER_WORDS: Record<ListOrder, string> = { CREATED_DESC: 'Newest first', CREATED_ASC: 'Oldest first', FINISHED_DESC: 'Last ended first' }
const SLOT_WORDS = { true: 'held', false: 'not held' }
const NOTHING: ListSearch = {}

/** Every filter of the list but the status, and its order. What is chosen is the address. */
export function FilterBar({ search, choices, onSearch }: Props) {
  const choose = (change: Partial<ListSearch>) => onSearch({ ...search, ...change })
  return (
    <search aria-label="Filters" className="flex flex-wrap items-center gap-1.5">
      <TextFilter text={search.text ?? ''} onText={text => onSearch({ ...search, text: text || undefined }, { replace: true })} />
      <ChoiceFilter name="Lane" choices={choices.lanes} chosen={search.lane} onChoose={lane => choose({ lane })} />
      <ChoiceFilter name="Kind" choices={choices.kinds} chosen={search.kind} onChoose={kind => choose({ kind })} typed={{ label: 'Search, or type another', hint: '' }} />
      <ChoiceFilter name="Label" choices={[]} chosen={search.label} onChoose={label => choose({ label })} typed={{ label: 'Carries the label', hint: 'A name, or name=value.' }} />
      {choices.owners && <ChoiceFilter name="Owner" choices={choices.owners} chosen={search.owner} onChoose={owner => choose({ owner })} />}
      <TimeFilter name="Submitted" createdAfter={search.createdAfter} createdBefore={search.createdBefore} onTimes={choose} />
      <SlotFilter held={search.slotHeld} onHeld={slotHeld => choose({ slotHeld })} />
      {isFiltered(search) && <Button look="quiet" onClick={() => onSearch({ ...NOTHING, order: search.order })}>Clear filters</Button>}
      <span className="ml-auto flex gap-1.5">
        <select aria-label="Order" className="control" value={search.order ?? 'CREATED_DESC'} onChange={event => choose({ order: orderOf(event.target.value) })}>
          {LIST_ORDERS.map(order => <option key={order} value={order}>{ORDER_WORDS[order]}</option>)}
        </select>
        <ExportMenu one="flow" addressOf={format => exportAddress(search, format)} />
      </span>
    </search>
  )
}

/** The usual order is not said in the address. */
const orderOf = (word: string): ListOrder | undefined => LIST_ORDERS.find(order => order === word && order !== 'CREATED_DESC')

/** Long enough not to read for every letter. */
const TYPING_MS = 300

/** Words of the title, or an id. The address follows when typing pauses, and leads when somebody goes back. */
function TextFilter({ text, onText }: { text: string; onText(text: string): void }) {
  const [typed, setTyped] = useState(text)
  const told = useRef(text)
  const latest = useRef(onText)
  latest.current = onText
  useEffect(() => {
    if (text !== told.current) setTyped(text)
    told.current = text
  }, [text])
  useEffect(() => {
    if (typed.trim() === told.current) return
    const timer = setTimeout(() => { told.current = typed.trim(); latest.current(typed.trim()) }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed])
  // The first Escape takes the text away, the next leaves, so that j and k work again.
  const onEscape = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    if (typed === '') event.currentTarget.blur()
    else setTyped('')
  }
  return (
    <span className="relative min-w-48 flex-1 sm:max-w-80">
      <Search size={14} aria-hidden="true" className="pointer-events-none absolute left-2.5 top-1/2 -translate-y-1/2 text-muted" />
      <input type="search" data-search aria-label="Title or id" aria-keyshortcuts="/" placeholder="Words of the title, or an id" className="control w-full !pl-8" value={typed} onChange={event => setTyped(event.target.value)} onKeyDown={onEscape} />
    </span>
  )
}

function SlotFilter({ held, onHeld }: { held: ListSearch['slotHeld']; onHeld(held: ListSearch['slotHeld']): void }) {
  return (
    <FilterButton name="Slot" summary={held ? SLOT_WORDS[held] : ''}>
      <fieldset className="m-0 flex flex-col gap-1.5 border-0 p-0">
        <legend className="sr-only">Slot</legend>
        {([undefined, 'true', 'false'] as const).map(one => (
          <label key={one ?? 'any'} className="flex items-center gap-2"><input type="radio" name="slot" className="size-4 accent-(--accent)" checked={held === one} onChange={() => onHeld(one)} />{one ? `Slot ${SLOT_WORDS[one]}` : 'Held or not'}</label>
        ))}
      </fieldset>
    </FilterButton>
  )
}
