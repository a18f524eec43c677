import { WAIT_KINDS } from '@sluice/protocol'
import { UserCheck } from 'lucide-react'
import { Button } from '../../ui/button.tsx'
import { ChoiceFilter, type Choice } from '../../ui/choice-filter.tsx'
import { WAIT_KIND_LOOKS } from '../looks.ts'
import { isFiltered, type WaitSearch } from './wait-search.ts'

const KINDS = WAIT_KINDS.map(kind => ({ value: kind, label: WAIT_KIND_LOOKS[kind].word, hint: WAIT_KIND_LOOKS[kind].sentence }))

/** Every filter of the list. What is chosen is the address. */
export function WaitFilterBar({ search, lanes, onSearch }: { search: WaitSearch; lanes: readonly Choice[]; onSearch(search: WaitSearch): void }) {
  const choose = (change: Partial<WaitSearch>) => onSearch({ ...search, after: undefined, ...change })
  const mine = search.mine === 'yes'
  return (
    <search aria-label="Filters" className="flex flex-wrap items-center gap-1.5">
      <button type="button" aria-pressed={mine} onClick={() => choose({ mine: mine ? undefined : 'yes' })} className={`control inline-flex items-center gap-1.5 ${mine ? '!border-accent font-medium' : ''}`}>
        <UserCheck size={14} aria-hidden="true" className={mine ? 'text-accent' : 'text-muted'} /> That I may answer
      </button>
      <ChoiceFilter name="Kind" choices={KINDS} chosen={search.kind} onChoose={kind => choose({ kind: kind && WAIT_KINDS.filter(one => kind.includes(one)) })} />
      <ChoiceFilter name="Lane" choices={lanes} chosen={search.lane} onChoose={lane => choose({ lane })} />
      {isFiltered(search) && <Button look="quiet" onClick={() => choose({ kind: undefined, lane: undefined, mine: undefined })}>Clear filters</Button>}
    </search>
  )
}
