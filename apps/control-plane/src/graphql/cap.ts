import { Conflict } from '@sluice/domain'
import { capsInUse, setCap, type CapInUse } from '@sluice/engine'
import { z } from 'zod'
import { actorOf } from '../policies/caller.ts'
import { builder } from './builder.ts'
import { CapScopeEnum } from './enums.ts'
import { answer, resultUnion } from './errors.ts'
import { reason } from './input-rules.ts'
import { LaneRef } from './lane.ts'
import { PrincipalRef } from './principal.ts'

const CapRef = builder.objectRef<CapInUse>('Cap').implement({
  description: 'How many slots may be held, and how many are.',
  fields: (t) => ({
    scope: t.expose('scope', { type: CapScopeEnum, description: 'What it counts.' }),
    lane: t.field({
      type: LaneRef, nullable: true, description: 'The lane; only of scope LANE.',
      resolve: (cap, _args, ctx) => (cap.scope === 'LANE' ? ctx.load.laneByName.load(cap.subject) : null),
    }),
    principal: t.field({
      type: PrincipalRef, nullable: true, description: 'The principal; only of scope PRINCIPAL.',
      resolve: (cap, _args, ctx) => (cap.scope === 'PRINCIPAL' ? ctx.load.principal.load(cap.subject) : null),
    }),
    maxActive: t.exposeInt('maxActive', { description: 'How many slots there are; 0 = no cap.' }),
    active: t.exposeInt('active', { description: 'How many are held now.' }),
    fromEnvironment: t.exposeBoolean('fromEnvironment', { description: 'Whether the value is that of MAX_CONCURRENT_FLOWS; setCap ends that.' }),
    environmentValue: t.exposeInt('environmentValue', { nullable: true, description: 'What MAX_CONCURRENT_FLOWS says, whether it counts or not.' }),
    setBy: t.field({
      type: PrincipalRef, nullable: true, description: 'Who set it.',
      resolve: (cap, _args, ctx) => (cap.setBy === null ? null : ctx.load.principal.load(cap.setBy)),
    }),
    setAt: t.expose('setAt', { type: 'DateTime', nullable: true, description: 'When it was set.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why it was set; null when no reason was given.' }),
  }),
})

builder.objectField(LaneRef, 'cap', (t) => t.field({
  type: CapRef, nullable: true, description: 'The cap of its own, with who set it; null = none was set.',
  resolve: (lane, _args, ctx) => ctx.load.capOfLane.load(lane.name),
}))

builder.queryField('caps', (t) => t.field({
  type: [CapRef], description: 'Every cap, with what is set and what is in use; the global one first.',
  resolve: (_root, _args, ctx) => capsInUse(ctx.deps.pool),
}))

const SetCapPayload = builder.simpleObject('SetCapPayload', {
  description: 'The cap as it is now.',
  fields: (t) => ({ cap: t.field({ type: CapRef, nullable: true, description: 'The cap; null when it was removed.' }) }),
})
const SetCapResult = resultUnion('SetCapResult', SetCapPayload, [Conflict])

const SetCapInput = builder.inputType('SetCapInput', {
  description: 'Which cap, and how many: a lane, a principal, or neither for the global one.',
  validate: z.looseObject({ lane: z.string().nullish(), principalId: z.string().nullish() })
    .refine(({ lane, principalId }) => !(isGiven(lane) && isGiven(principalId)), {
      path: ['principalId'], message: 'A cap is of a lane or of a principal, not of both.',
    }),
  fields: (t) => ({
    lane: t.string({ description: 'The cap of this lane.', validate: z.string().min(1, 'Name a lane; leave it out for the global cap.').nullish() }),
    principalId: t.id({
      description: 'The cap of this principal.', validate: z.string().min(1, 'Name a principal; leave it out for the global cap.').nullish(),
    }),
    maxActive: t.int({
      description: 'How many slots; 0 = no cap. null gives the global cap back to the environment, and removes the others.',
      validate: z.int().min(0, 'A cap is not negative.').nullish(),
    }),
    reason: t.string({ description: 'Why; kept in the audit.', validate: reason }),
  }),
})

builder.mutationField('setCap', (t) => t.field({
  type: SetCapResult, description: 'Changes how many slots there are. A lower cap ends nothing: it starts nothing until there is room.',
  args: { input: t.arg({ type: SetCapInput, required: true, description: 'Which cap, and how many.' }) },
  resolve: async (_root, { input }, ctx) => {
    const { maxActive = null, reason: why } = input
    const done = await setCap(ctx.deps, { ...scopeOf(input), maxActive, reason: why ?? null, actor: actorOf(ctx.viewer, ctx.address) })
    return answer(done, async (cap) => {
      const caps = await capsInUse(ctx.deps.pool)
      return { cap: caps.find(({ scope, subject }) => scope === cap.scope && subject === cap.subject) ?? null }
    })
  },
}))

function scopeOf({ lane, principalId }: { lane?: string | null; principalId?: string | null }) {
  if (isGiven(lane)) return { scope: 'LANE', subject: lane } as const
  return isGiven(principalId) ? ({ scope: 'PRINCIPAL', subject: principalId } as const) : ({ scope: 'GLOBAL', subject: '' } as const)
}

// An empty name is one that somebody failed to fill in, never the global cap.
function isGiven(name: string | null | undefined): name is string {
  return name !== null && name !== undefined
}
