import { TERMINAL_EVENT_TYPES, WEBHOOK_EVENT_TYPES, type WebhookEventType } from '@sluice/protocol'

/** What is edited of an endpoint, as the form holds it. url: empty in an edit = as it is. principalId: empty = the flows of all. */
export interface EndpointFields { name: string; url: string; events: readonly string[]; inlineArtifacts: boolean; strictOrder: boolean; principalId: string }

/** What was read of one that is edited; its URL is shown to nobody. */
export interface EndpointSettings { name: string | null; events: readonly string[]; inlineArtifacts: boolean; strictOrder: boolean }

/** What can be asked for; a test comes to every endpoint whatever it asks for. */
export const CHOSEN_EVENTS: readonly WebhookEventType[] = WEBHOOK_EVENT_TYPES.filter(type => type !== 'webhook.test')

export const EMPTY_FIELDS: EndpointFields = { name: '', url: '', events: TERMINAL_EVENT_TYPES, inlineArtifacts: false, strictOrder: false, principalId: '' }

export const fieldsOf = ({ name, events, inlineArtifacts, strictOrder }: EndpointSettings): EndpointFields =>
  ({ ...EMPTY_FIELDS, name: name ?? '', events, inlineArtifacts, strictOrder })

/** In the order of the life of a flow, whatever order they were chosen in. */
export const toggled = (events: readonly string[], type: string): string[] => {
  const next = events.includes(type) ? events.filter(one => one !== type) : [...events, type]
  return [...WEBHOOK_EVENT_TYPES.filter(one => next.includes(one)), ...next.filter(one => !WEBHOOK_EVENT_TYPES.some(known => known === one))]
}

export type Wrong = Partial<Record<keyof EndpointFields, string>>

/** What keeps the fields from being sent; the server judges the URL. */
export const wrongFields = (fields: EndpointFields, { isNew }: { isNew: boolean }): Wrong => ({
  ...(fields.name.trim() === '' ? { name: 'It needs a name.' } : {}),
  ...(fields.url.trim() === '' && isNew ? { url: 'It needs a URL.' } : {}),
  ...(fields.events.length === 0 ? { events: 'Choose at least one event.' } : {}),
})

const FIELD_WORDS: Record<keyof EndpointSettings, string> = { name: 'Name', events: 'Events', inlineArtifacts: 'Output and artifacts in the body', strictOrder: 'In strict order' }

const valueWords = (value: EndpointSettings[keyof EndpointSettings]): string => {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return value === null ? 'none' : typeof value === 'string' ? value : value.join(', ')
}

/** What somebody else changed, a line each: "Name: new, was old". */
export const changesBetween = (before: EndpointSettings, now: EndpointSettings): string[] =>
  (Object.keys(FIELD_WORDS) as (keyof EndpointSettings)[]).flatMap(name => {
    const [was, is] = [valueWords(before[name]), valueWords(now[name])]
    return was === is ? [] : [`${FIELD_WORDS[name]}: ${is}, was ${was}`]
  })

/** "ends of flows", "all 9 events", or the first two and how many more. */
export const eventsInWords = (events: readonly string[]): string => {
  const chosen = events.filter(type => type !== 'webhook.test')
  if (chosen.length === CHOSEN_EVENTS.length) return 'all events'
  if (chosen.length === TERMINAL_EVENT_TYPES.length && TERMINAL_EVENT_TYPES.every(type => chosen.includes(type))) return 'every end'
  const [first, second, ...more] = chosen.map(type => type.replace(/^flow\./, ''))
  return [first, second].filter(Boolean).join(', ') + (more.length > 0 ? ` +${more.length}` : '')
}
