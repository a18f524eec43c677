import { Hourglass } from 'lucide-react'
import { useServerNow } from '../../ui/clock.ts'
import { formatTicking } from '../../ui/duration.ts'
import { formatInstant } from '../../ui/time.tsx'
import { TIMEOUT_WORDS } from './wait-rules.ts'
import type { Wait } from './wait-documents.ts'

/** From then on it is urgent. */
const SOON_MS = 60_000

/** How long it can still be answered, counted down by the server's clock, and what happens then. */
export function TimeLeft({ wait: { timeoutAt, onTimeout } }: { wait: Pick<Wait, 'timeoutAt' | 'onTimeout'> }) {
  const now = useServerNow()
  if (timeoutAt === null) return <span className="whitespace-nowrap text-muted">no time limit</span>
  const left = Date.parse(timeoutAt) - now
  return (
    <span className={`inline-flex items-center gap-1.5 ${left < SOON_MS ? 'font-medium text-attention' : ''}`}>
      <Hourglass size={14} aria-hidden="true" className="shrink-0" />
      <time dateTime={timeoutAt} title={formatInstant(timeoutAt)}>{left < 1000 ? 'time is up' : `${formatTicking(left)} left`},</time> {TIMEOUT_WORDS[onTimeout]}
    </span>
  )
}
