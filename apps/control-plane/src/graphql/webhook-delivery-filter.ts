import { InvalidInput, isId } from '@sluice/domain'
import type { DeliveryFilter } from '@sluice/engine'
import { WEBHOOK_EVENT_TYPES } from '@sluice/protocol'
import type { Viewer } from '../policies/policy.ts'
import { deliverySight } from '../policies/visible-deliveries.ts'
import { builder } from './builder.ts'
import { DeliveryStateEnum, DeliveryTriggerEnum } from './enums.ts'
import { few, given } from './input-rules.ts'

export const DeliveryFilterInput = builder.inputType('WebhookDeliveryFilter', {
  description: 'Everything that is given must hold; of a list, one. An empty list is the same as none.',
  fields: (t) => ({
    flow: t.id({ description: 'Of this flow.' }),
    endpoint: t.idList({ description: 'For one of these endpoints.', validate: few }),
    state: t.field({ type: [DeliveryStateEnum], description: 'In one of these states.', validate: few }),
    eventType: t.stringList({ description: 'Telling one of these: flow.finished; see webhookEventTypes.', validate: few }),
    trigger: t.field({ type: [DeliveryTriggerEnum], description: 'Made for one of these reasons.', validate: few }),
    createdAfter: t.field({ type: 'DateTime', description: 'Made then or later.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'Made earlier.' }),
  }),
})

export type DeliveryFilterGiven = typeof DeliveryFilterInput.$inferInput

/** The filter, narrowed to what the viewer may read. @throws InvalidInput, naming what can never match: a typo is not an empty answer. */
export function deliveryFilter(filter: DeliveryFilterGiven, viewer: Viewer): DeliveryFilter {
  const { flow, endpoint = [], eventType = [] } = given(filter)
  if (flow !== undefined && !isId('flow', flow)) throw wrong('flow', `${flow} is no id of a flow: those begin with flow_.`)
  for (const id of endpoint) if (!isId('endpoint', id)) throw wrong('endpoint', `${id} is no id of an endpoint: those begin with ep_.`)
  for (const type of eventType) if (!isEventType(type)) throw wrong('eventType', `There is no event ${type}; there are: ${WEBHOOK_EVENT_TYPES.join(', ')}.`)
  return { ...withoutEmpty(given(filter)), ...deliverySight(viewer) }
}

const withoutEmpty = <Filter extends object>(filter: Filter): Filter =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => !(Array.isArray(value) && value.length === 0))) as Filter

const isEventType = (text: string): boolean => WEBHOOK_EVENT_TYPES.some((type) => type === text)
const wrong = (field: string, message: string): InvalidInput => new InvalidInput(['filter', field], message)
