import { Button } from '../../ui/button.tsx'
import { serverNow } from '../../ui/clock.ts'
import { TextField } from '../../ui/field.tsx'
import { formatInstant } from '../../ui/time.tsx'
import { FilterButton } from './choice-filter.tsx'
import type { ListSearch } from './list-search.ts'
import { fromLocalInput, toLocalInput } from '../../ui/local-input.ts'

type Times = Pick<ListSearch, 'createdAfter' | 'createdBefore'>

const HOUR_MS = 3_600_000
const SPANS = [['last hour', HOUR_MS], ['last 24 hours', 24 * HOUR_MS], ['last 7 days', 7 * 24 * HOUR_MS]] as const

/** When it was submitted: from then, until then. In the browser's zone; the address holds UTC. */
export function TimeFilter({ createdAfter, createdBefore, onTimes }: Times & { onTimes(times: Times): void }) {
  const since = (ms: number) => onTimes({ createdAfter: new Date(serverNow() - ms).toISOString(), createdBefore: undefined })
  return (
    <FilterButton name="Submitted" summary={summaryOf({ createdAfter, createdBefore })}>
      <div className="flex flex-wrap gap-1.5">{SPANS.map(([name, ms]) => <Button key={name} onClick={() => since(ms)}>The {name}</Button>)}</div>
      <TextField type="datetime-local" step="1" label="From" value={toLocalInput(createdAfter)} onChange={event => onTimes({ createdAfter: fromLocalInput(event.target.value), createdBefore })} />
      <TextField type="datetime-local" step="1" label="Before" value={toLocalInput(createdBefore)} onChange={event => onTimes({ createdAfter, createdBefore: fromLocalInput(event.target.value) })} />
      {(createdAfter ?? createdBefore) !== undefined && <Button onClick={() => onTimes({ createdAfter: undefined, createdBefore: undefined })}>At any time</Button>}
    </FilterButton>
  )
}

const summaryOf = ({ createdAfter, createdBefore }: Times): string =>
  [createdAfter && `from ${formatInstant(createdAfter)}`, createdBefore && `before ${formatInstant(createdBefore)}`].filter(Boolean).join(' ')
