import { useServerNow } from './clock.ts'
import { formatDuration, formatTicking } from './duration.ts'

const timeOfDay = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false })
const absolute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** An instant in the browser's zone, to the second. */
export const formatInstant = (at: string) => absolute.format(new Date(at))

/** A sentence of the server's with its instants (RFC 3339, UTC) told in the browser's zone. */
export const withLocalTimes = (sentence: string) => sentence.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, formatInstant)

/** "3m 04s ago" or "in 2m 10s" by the server's clock; the instant itself on hover. */
export function RelativeTime({ at }: { at: string }) {
  const distance = useServerNow() - Date.parse(at)
  const text = distance < -1000 ? `in ${formatTicking(-distance)}` : distance < 1000 ? 'now' : `${formatTicking(distance)} ago`
  return <time dateTime={at} title={formatInstant(at)}>{text}</time>
}

/** A guess at a time to come: "in 2m 10s", and "any moment" once it has passed. */
export function ExpectedTime({ at }: { at: string }) {
  const left = Date.parse(at) - useServerNow()
  return <time dateTime={at} title={formatInstant(at)}>{left < 1000 ? 'any moment' : `in ${formatTicking(left)}`}</time>
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
  return <time dateTime={at} title={formatInstant(at)}>{timeOfDay.format(new Date(at))}</time>
}
