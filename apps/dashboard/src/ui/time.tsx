import { useServerNow } from './clock.ts'
import { formatDuration, formatTicking } from './duration.ts'

const absolute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** An instant in the browser's zone, to the second. */
export const formatInstant = (at: string) => absolute.format(new Date(at))

/** "3m 04s ago" or "in 2m 10s" by the server's clock; the instant itself on hover. */
export function RelativeTime({ at }: { at: string }) {
  const distance = useServerNow() - Date.parse(at)
  const text = distance < -1000 ? `in ${formatTicking(-distance)}` : distance < 1000 ? 'now' : `${formatTicking(distance)} ago`
  return <time dateTime={at} title={formatInstant(at)}>{text}</time>
}

/** How long since an instant, counting up by the server's clock. */
export function Elapsed({ since }: { since: string }) {
  const distance = useServerNow() - Date.parse(since)
  return <time dateTime={since} title={`since ${formatInstant(since)}`}>{formatTicking(distance)}</time>
}

/** The length between two instants; without an end it counts up. */
export function Span({ from, to }: { from: string; to: string | null }) {
  if (to === null) return <Elapsed since={from} />
  return <span title={`${formatInstant(from)} – ${formatInstant(to)}`}>{formatDuration(Date.parse(to) - Date.parse(from))}</span>
}

/** An instant as a time of day, the date on hover. */
export function Instant({ at }: { at: string }) {
  return <time dateTime={at} title={formatInstant(at)}>{new Date(at).toLocaleTimeString('en-GB', { hour12: false, fractionalSecondDigits: 3 })}</time>
}
