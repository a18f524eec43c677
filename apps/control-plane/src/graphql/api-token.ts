import { Conflict, InvalidInput } from '@sluice/domain'
import { createToken, revokeToken } from '@sluice/engine'
import { LIMITS } from '@sluice/protocol'
import { z } from 'zod'
import { actorOf } from '../policies/caller.ts'
import { isScope, mayRun } from '../policies/policy.ts'
import { builder } from './builder.ts'
import { databaseTime } from './database-time.ts'
import { RoleEnum } from './enums.ts'
import { answer, resultUnion } from './errors.ts'
import './principal.ts'

const ApiTokenRef = builder.prismaNode('ApiToken', {
  description: 'A bearer token. Its secret was shown once and is stored hashed.',
  id: { resolve: (token) => token.id, description: 'tok_…' },
  findUnique: (id, ctx) => ({ id: mayRun(ctx.viewer, 'apiTokens') ? id : '' }),
  nullable: true,
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it is for.' }),
    principal: t.relation('principal', { description: 'In whose name it speaks.' }),
    scopes: t.exposeStringList('scopes', {
      description: 'What is left of the rights of its principal: role:NAME, do:OPERATION, lane:NAME, kind:NAME; empty = all.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true, description: 'When it ends; null = not by itself.' }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true, description: 'When it was last used, within a minute or so.' }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true, description: 'When it was revoked.' }),
  }),
})

builder.queryField('apiTokens', (t) => t.prismaField({
  type: ['ApiToken'], description: 'Every token, newest first.',
  resolve: (query, _root, _args, ctx) => ctx.prisma.apiToken.findMany({ ...query, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] }),
}))

const CreateApiTokenPayload = builder.simpleObject('CreateApiTokenPayload', {
  description: 'The token, and its secret for the only time.',
  fields: (t) => ({
    token: t.field({ type: ApiTokenRef, description: 'The token.' }),
    secret: t.string({ description: 'What to send as `authorization: Bearer …`. It is not stored and never shown again.' }),
  }),
})
const CreateApiTokenResult = resultUnion('CreateApiTokenResult', CreateApiTokenPayload, [Conflict])

const CreateApiTokenInput = builder.inputType('CreateApiTokenInput', {
  description: 'For a principal there is, or for a new one with a name and a role.',
  validate: z.looseObject({ principalId: z.string().nullish(), name: z.string().nullish(), role: z.string().nullish() })
    .refine(({ principalId, name }) => Boolean(principalId || name), { path: ['name'], message: 'Give a principal, or the name and role of a new one.' })
    .refine(({ principalId, role }) => Boolean(principalId) !== Boolean(role), {
      path: ['role'], message: 'A role belongs to a new principal, and only to one.',
    }),
  fields: (t) => ({
    principalId: t.id({ description: 'In whose name the token speaks; absent = a new principal is made.' }),
    name: t.string({ description: 'What the token is for; also the name of the new principal.', validate: z.string().min(1).max(LIMITS.nameMax).nullish() }),
    role: t.field({ type: RoleEnum, description: 'What the new principal may be.' }),
    scopes: t.stringList({
      description: 'What is left of the rights of its principal: role:NAME, do:OPERATION, lane:NAME, kind:NAME; absent = all.',
      validate: z.array(z.string().refine(isScope, 'A scope is role:NAME, do:OPERATION, lane:NAME or kind:NAME.')).max(100).nullish(),
    }),
    expiresAt: t.field({ type: 'DateTime', description: 'When it ends; absent = not by itself.' }),
  }),
})

builder.mutationField('createApiToken', (t) => t.field({
  type: CreateApiTokenResult, description: 'Makes a token; its secret is shown once.',
  args: { input: t.arg({ type: CreateApiTokenInput, required: true, description: 'For whom, and what it may.' }) },
  resolve: async (_root, { input }, ctx) => {
    if (input.expiresAt && input.expiresAt <= (await databaseTime(ctx.deps.pool))) throw new InvalidInput(['expiresAt'], 'That is in the past.')
    const { principalId, role, scopes, expiresAt, name = null } = input
    const made = await createToken(ctx.deps.pool, {
      actor: actorOf(ctx.viewer, ctx.address), name: name ?? 'token', principalId, principalName: name, role, scopes: scopes ?? [], expiresAt,
    })
    return answer(made, async ({ tokenId, secret }) => ({ token: await ctx.prisma.apiToken.findUniqueOrThrow({ where: { id: tokenId } }), secret }))
  },
}))

const RevokeApiTokenPayload = builder.simpleObject('RevokeApiTokenPayload', {
  description: 'The revoked token.',
  fields: (t) => ({ token: t.field({ type: ApiTokenRef, description: 'The token.' }) }),
})
const RevokeApiTokenResult = resultUnion('RevokeApiTokenResult', RevokeApiTokenPayload)
const TokenIdInput = builder.inputType('TokenIdInput', {
  description: 'One token.', fields: (t) => ({ id: t.id({ required: true, description: 'tok_…' }) }),
})

builder.mutationField('revokeApiToken', (t) => t.field({
  type: RevokeApiTokenResult, description: 'Ends a token, the sessions it bought and their subscriptions, at once. Revoking it again changes nothing.',
  args: { input: t.arg({ type: TokenIdInput, required: true, description: 'Which one.' }) },
  resolve: async (_root, { input }, ctx) => {
    const done = await revokeToken(ctx.deps, { actor: actorOf(ctx.viewer, ctx.address), id: input.id })
    return answer(done, async () => ({ token: await ctx.prisma.apiToken.findUniqueOrThrow({ where: { id: input.id } }) }))
  },
}))
