import { DELIVERY_STATES, DELIVERY_TRIGGERS, WEBHOOK_EVENT_SENTENCES, WEBHOOK_EVENT_TYPES } from '@sluice/protocol'
import { Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { ChoiceFilter, type Choice } from '../../ui/choice-filter.tsx'
import { ExportMenu } from '../../ui/export-menu.tsx'
import { TimeFilter } from '../../ui/time-filter.tsx'
import { DELIVERY_LOOKS, TRIGGER_LOOKS } from '../looks.ts'
import { exportAddress, isFiltered, type DeliverySearch } from './delivery-search.ts'

interface Props { search: DeliverySearch; endpoints: readonly Choice[]; onSearch(search: DeliverySearch): void }

const STATES = DELIVERY_STATES.map(state => ({ value: state, label: DELIVERY_LOOKS[state].word, hint: DELIVERY_LOOKS[state].sentence }))
const EVENTS = WEBHOOK_EVENT_TYPES.map(type => ({ value: type, label: type, hint: WEBHOOK_EVENT_SENTENCES[type] }))
const TRIGGERS = DELIVERY_TRIGGERS.map(trigger => ({ value: trigger, label: TRIGGER_LOOKS[trigger].word, hint: TRIGGER_LOOKS[trigger].sentence }))

/** The chosen ones of a list of words, as it types them. */
const among = <Word extends string>(known: readonly Word[], chosen: readonly string[] | undefined): Word[] | undefined => chosen && known.filter(word => chosen.includes(word))

/** Every filter of the list. What is chosen is the address. */
export function DeliveryFilterBar({ search, endpoints, onSearch }: Props) {
  const choose = (change: Partial<DeliverySearch>) => onSearch({ ...search, ...change })
  const cleared = { state: undefined, endpoint: undefined, eventType: undefined, trigger: undefined, flow: undefined, createdAfter: undefined, createdBefore: undefined }
  return (
    <search aria-label="Filters" className="flex flex-wrap items-center gap-1.5">
      <FlowFilter flow={search.flow ?? ''} onFlow={flow => choose({ flow: flow || undefined })} />
      <ChoiceFilter name="State" choices={STATES} chosen={search.state} onChoose={state => choose({ state: among(DELIVERY_STATES, state) })} />
      <ChoiceFilter name="Endpoint" choices={endpoints} chosen={search.endpoint} onChoose={endpoint => choose({ endpoint })} />
      <ChoiceFilter name="Event" choices={EVENTS} chosen={search.eventType} onChoose={types => choose({ eventType: among(WEBHOOK_EVENT_TYPES, types) })} />
      <ChoiceFilter name="Trigger" choices={TRIGGERS} chosen={search.trigger} onChoose={trigger => choose({ trigger: among(DELIVERY_TRIGGERS, trigger) })} />
      <TimeFilter name="Made" createdAfter={search.createdAfter} createdBefore={search.createdBefore} onTimes={choose} />
      {isFiltered(search) && <Button look="quiet" onClick={() => choose(cleared)}>Clear filters</Button>}
      <span className="ml-auto"><ExportMenu one="delivery" addressOf={format => exportAddress(search, format)} /></span>
    </search>
  )
}

/** The whole id of a flow; the address follows when it is entered. */
function FlowFilter({ flow, onFlow }: { flow: string; onFlow(flow: string): void }) {
  const [typed, type] = useState(flow)
  useEffect(() => type(flow), [flow])
  return (
    <form className="relative min-w-48 flex-1 sm:max-w-72" onSubmit={event => { event.preventDefault(); onFlow(typed.trim()) }}>
      <Search size={14} aria-hidden="true" className="pointer-events-none absolute left-2.5 top-1/2 -translate-y-1/2 text-muted" />
      <input
        type="search" data-search aria-label="Id of a flow" aria-keyshortcuts="/" placeholder="Id of a flow, flow_…" className="control w-full !pl-8" value={typed}
        onChange={event => { type(event.target.value); if (event.target.value === '') onFlow('') }} onBlur={() => { if (typed.trim() !== flow) onFlow(typed.trim()) }}
        onKeyDown={event => { if (event.key === 'Escape' && typed === '') event.currentTarget.blur() }}
      />
    </form>
  )
}
