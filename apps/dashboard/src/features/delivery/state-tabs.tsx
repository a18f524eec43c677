import { addressOf } from '../addresses.ts'
import { DELIVERY_LOOKS } from '../looks.ts'
import { TONE_TEXT } from '../../ui/tone.ts'
import { isAskedFor, STATE_GROUPS, type DeliverySearch } from './delivery-search.ts'

/** The states as people ask for them, each with its address; every other filter stays. */
export function StateTabs({ search }: { search: DeliverySearch }) {
  return (
    <nav aria-label="States" className="-mx-1 overflow-x-auto px-1 py-0.5">
      <ul className="m-0 flex list-none gap-1.5 p-0">
        {STATE_GROUPS.map(({ name, states }) => {
          const first = states?.[0]
          const look = first && DELIVERY_LOOKS[first]
          const shown = isAskedFor(states, search.state)
          return (
            <li key={name}>
              <a
                href={addressOf.deliveries({ ...search, state: states })} aria-current={shown ? 'true' : undefined} title={states?.map(state => DELIVERY_LOOKS[state].word).join(', ')}
                className={`inline-flex min-h-8 items-center gap-1.5 whitespace-nowrap rounded-md border bg-surface px-2.5 text-text no-underline hover:bg-sunken ${shown ? 'border-accent font-medium' : 'border-line'}`}
              >
                {look && <look.icon size={14} aria-hidden="true" className={TONE_TEXT[look.tone]} />}
                {name}
              </a>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}
