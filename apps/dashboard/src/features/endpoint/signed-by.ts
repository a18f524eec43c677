import { formatInstant } from '../../ui/time.tsx'

interface Secret { createdAt: string; notAfter: string | null }

/** What signs for an endpoint, in a few words; none of its own = the one of the environment. */
export const signedBy = (secrets: readonly Secret[]): string => {
  if (secrets.length === 0) return 'FLOW_WEBHOOK_SECRET'
  const until = secrets.map(({ notAfter }) => notAfter).filter(instant => instant !== null).toSorted()[0]
  return until === undefined ? 'its own secret' : `two secrets until ${formatInstant(until)}`
}
