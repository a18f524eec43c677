interface Refused { code: string; message: string; path?: readonly string[] | undefined; rule?: string | null | undefined }

/** What no knob lifts: it is no address that can be called, or one that nobody may allow. */
const FOR_EVER = new Set(['not-a-url', 'scheme', 'credentials', 'host-name', 'metadata'])

const KNOBS = 'Whoever runs the server may allow hosts with WEBHOOK_ALLOW_HOSTS, and http:// with WEBHOOK_ALLOW_HTTP.'

/** What a refused URL says at its field: the rule, and the knobs that lift it, where the sentence itself names none. */
const sentenceOf = ({ message, rule }: Refused): string => ((rule != null && FOR_EVER.has(rule)) || message.includes('WEBHOOK_ALLOW_') ? message : `${message} ${KNOBS}`)

/** A refusal that belongs to one field of an endpoint, or null. */
export const refusalAt = (refused: Refused | null): { field: string; message: string } | null => {
  if (refused?.code === 'URL_NOT_ALLOWED') return { field: 'url', message: sentenceOf(refused) }
  const field = refused?.path?.find(part => part !== 'input')
  return refused && field !== undefined ? { field, message: refused.message } : null
}
