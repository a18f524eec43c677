import type { ObjectRef, UnionRef } from '@pothos/core'
import {
  BodyPurged, Conflict, DeliveryInProgress, EndpointGone, FlowAlreadyTerminal, FlowNotQueued, FlowNotStarted, Forbidden, IdempotencyKeyReused, InvalidDecision, InvalidInput,
  LaneClosed, LimitExceeded, MemoMismatch, NotFound, NotResumable, Refusal, StaleLease, UrlNotAllowed,
} from '@sluice/domain'
import { builder, type SchemaShape } from './builder.ts'
import { ErrorCodeEnum } from './enums.ts'
import { FlowRef } from './flow-ref.ts'

const ErrorInterface = builder.interfaceRef<Refusal>('Error').implement({
  description: 'An expected refusal. Nothing was changed.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'A sentence for people.' }),
    code: t.expose('code', { type: ErrorCodeEnum, description: 'A word for programs.' }),
  }),
})

const interfaces = [ErrorInterface]

builder.objectType(NotFound, { name: 'NotFound', interfaces, description: 'There is no such thing, or you may not know of it.' })
builder.objectType(Forbidden, { name: 'Forbidden', interfaces, description: 'You may read it, but not do that.' })
builder.objectType(InvalidInput, {
  name: 'InvalidInput', interfaces, description: 'An argument is wrong.',
  fields: (t) => ({ path: t.exposeStringList('path', { description: 'The way to what is wrong, from the field of the input object down into its JSON.' }) }),
})
builder.objectType(FlowAlreadyTerminal, {
  name: 'FlowAlreadyTerminal', interfaces, description: 'The flow has ended, and what has ended never changes.',
  fields: (t) => ({
    flow: t.field({ type: FlowRef, description: 'The flow with its actual outcome.', resolve: ({ flowId }, _args, ctx) => ctx.flows.granted(flowId) }),
  }),
})
builder.objectType(FlowNotQueued, { name: 'FlowNotQueued', interfaces, description: 'Only a QUEUED flow can be treated so.' })
builder.objectType(FlowNotStarted, { name: 'FlowNotStarted', interfaces, description: 'The start of this attempt was never reported.' })
builder.objectType(StaleLease, { name: 'StaleLease', interfaces, description: 'The lease is no longer the current one; the worker must stop.' })
builder.objectType(IdempotencyKeyReused, { name: 'IdempotencyKeyReused', interfaces, description: 'The key belongs to a request with another content.' })
builder.objectType(LaneClosed, { name: 'LaneClosed', interfaces, description: 'The lane accepts nothing new.' })
builder.objectType(LimitExceeded, {
  name: 'LimitExceeded', interfaces, description: 'More than is allowed.',
  fields: (t) => ({ limit: t.exposeInt('limit', { description: 'How much is allowed.' }) }),
})
builder.objectType(Conflict, { name: 'Conflict', interfaces, description: 'It is no longer as you saw it: read again.' })
builder.objectType(UrlNotAllowed, {
  name: 'UrlNotAllowed', interfaces, description: 'The address policy refuses the URL.',
  fields: (t) => ({
    rule: t.exposeString('rule', {
      nullable: true, description: 'What is wrong with it as it is written; null for a name that resolves to an address that is not allowed.',
    }),
  }),
})
builder.objectType(DeliveryInProgress, {
  name: 'DeliveryInProgress', interfaces, description: 'A delivery of the same event to the same endpoint has not ended yet.',
})
builder.objectType(EndpointGone, { name: 'EndpointGone', interfaces, description: 'The endpoint that this needs was deleted.' })
builder.objectType(NotResumable, { name: 'NotResumable', interfaces, description: 'It was answered already, or nobody waits for it any more.' })
builder.objectType(InvalidDecision, { name: 'InvalidDecision', interfaces, description: 'The decision is not among those that the waitpoint allows.' })
builder.objectType(MemoMismatch, {
  name: 'MemoMismatch', interfaces, description: 'The key is remembered as something else: the code of the handler has changed. The flow should fail, not retryable.',
})
builder.objectType(BodyPurged, { name: 'BodyPurged', interfaces, description: 'What was sent is kept no longer.' })

type Types = PothosSchemaTypes.ExtendDefaultTypes<SchemaShape>
type RefusalClass = abstract new (...args: never[]) => Refusal

/**
 * A result union: the payload or one of the refusals, told apart by class. NotFound, Forbidden, InvalidInput and
 * LimitExceeded are members of every one. Its shape is the payload's: refusals are thrown or go through `answer`.
 */
export function resultUnion<Payload>(name: string, payload: ObjectRef<Types, Payload> & { name: string }, refusals: RefusalClass[] = []) {
  const options = { description: `${payload.name}, or why not.`, types: [payload, ...refusals], resolveType: () => payload.name }
  return builder.errorUnion(name, options as never) as unknown as UnionRef<Types, Payload, Payload>
}

/** The payload of what was done, or the refusal itself: the union finds its member by class. */
export const answer = <Done, Payload>(outcome: Done | Refusal, payload: (done: Done) => Payload): Payload =>
  outcome instanceof Refusal ? (outcome as never) : payload(outcome)

/** answer for the only item of a command that takes many. */
export const answerOne = <Done, Payload>(outcomes: (Done | Refusal)[], payload: (done: Done) => Payload): Payload => {
  const [only] = outcomes
  if (only === undefined) throw new Error('A command answered nothing for its item.')
  return answer(only, payload)
}
