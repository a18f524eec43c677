import { Button } from './button.tsx'
import { FilterButton } from './choice-filter.tsx'
import { serverNow } from './clock.ts'
import { TextField } from './field.tsx'
import { fromLocalInput, toLocalInput } from './local-input.ts'
import { formatInstant } from './time.tsx'

/** Two instants, either of which may be open. */
export interface Times { createdAfter?: string | undefined; createdBefore?: string | undefined }

const HOUR_MS = 3_600_000
const SPANS = [['last hour', HOUR_MS], ['last 24 hours', 24 * HOUR_MS], ['last 7 days', 7 * 24 * HOUR_MS]] as const

/** When something came to be: from then, until then. name: what it is called. In the browser's zone; the address holds UTC. */
export function TimeFilter({ name, createdAfter, createdBefore, onTimes }: Times & { name: string; onTimes(times: Times): void }) {
  const since = (ms: number) => onTimes({ createdAfter: new Date(serverNow() - ms).toISOString(), createdBefore: undefined })
  return (
    <FilterButton name={name} summary={summaryOf({ createdAfter, createdBefore })}>
      <div className="flex flex-wrap gap-1.5">{SPANS.map(([name, ms]) => <Button key={name} onClick={() => since(ms)}>The {name}</Button>)}</div>
      <TextField type="datetime-local" step="1" label="From" value={toLocalInput(createdAfter)} onChange={event => onTimes({ createdAfter: fromLocalInput(event.target.value), createdBefore })} />
      <TextField type="datetime-local" step="1" label="Before" value={toLocalInput(createdBefore)} onChange={event => onTimes({ createdAfter, createdBefore: fromLocalInput(event.target.value) })} />
      {(createdAfter ?? createdBefore) !== undefined && <Button onClick={() => onTimes({ createdAfter: undefined, createdBefore: undefined })}>At any time</Button>}
    </FilterButton>
  )
}

const summaryOf = ({ createdAfter, createdBefore }: Times): string =>
  [createdAfter && `from ${formatInstant(createdAfter)}`, createdBefore && `before ${formatInstant(createdBefore)}`].filter(Boolean).join(' ')
