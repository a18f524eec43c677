
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })

interface Secret { createdAt: string; notAfter: string | null }

/** What signs for an endpoint, in a few words; none of its own = the one of the environment. */
export const signedBy = (secrets: readonly Secret[]): string => {
  if (secrets.length === 0) return 'FLOW_WEBHOOK_SECRET'
  const until = secrets.map(({ notAfter }) => notAfter).filter(instant => instant !== null).toSorted()[0]
  return until === undefined ? 'its own secret' : `two, until ${day.format(new Date(until))}`
}
