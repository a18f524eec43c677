import { auditPage } from '@sluice/engine'
import { builder } from './builder.ts'
import { connectionText, edgeText, forwardArgs, forwardPage, pageSize } from './connection.ts'
import { few, given } from './input-rules.ts'
import { mayRun } from '../policies/policy.ts'
import { PrincipalRef } from './principal.ts'

const AuditEntryRef = builder.prismaNode('AuditEntry', {
  description: 'Who did what to which object, and why.',
  id: { resolve: (entry) => entry.id, description: 'aud_…' },
  findUnique: (id, ctx) => ({ id: mayRun(ctx.viewer, 'audit') ? id : '' }),
  nullable: true,
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    by: t.field({
      type: PrincipalRef, nullable: true, description: 'Who; null = the system.',
      resolve: (entry, _args, ctx) => (entry.principalId === null ? null : ctx.load.principal.load(entry.principalId)),
    }),
    action: t.exposeString('action', { description: 'What was done.' }),
    target: t.exposeID('target', { nullable: true, description: 'To what.' }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why, in the words of who did it.' }),
    before: t.field({ type: 'JSON', nullable: true, description: 'What it was before.', resolve: (entry) => entry.before }),
    after: t.field({ type: 'JSON', nullable: true, description: 'What it was afterwards.', resolve: (entry) => entry.after }),
    address: t.exposeString('address', { nullable: true, description: 'From where.' }),
  }),
})

const QueryAuditConnection = builder.connectionObject(
  { type: AuditEntryRef, name: 'QueryAuditConnection', ...connectionText('the audit') },
  { name: 'QueryAuditConnectionEdge', ...edgeText('the entries') },
)

const AuditFilter = builder.inputType('AuditFilter', {
  description: 'Everything that is given must hold.',
  fields: (t) => ({
    by: t.idList({ description: 'By one of these principals.', validate: few }),
    action: t.stringList({ description: 'One of these actions.', validate: few }),
    target: t.id({ description: 'To this object.' }),
    after: t.field({ type: 'DateTime', description: 'Not earlier.' }),
    before: t.field({ type: 'DateTime', description: 'Earlier than this.' }),
  }),
})

builder.queryField('audit', (t) => t.field({
  type: QueryAuditConnection, description: 'The audit, newest first.',
  args: { ...forwardArgs(), filter: t.arg({ type: AuditFilter, description: 'Which entries.' }) },
  resolve: async (_root, { first, after, filter }, ctx) => {
    const size = pageSize(first, ctx)
    const places = await auditPage(ctx.deps.pool, { filter: given(filter ?? {}), after: after ?? null, limit: size + 1 })
    const rows = await ctx.prisma.auditEntry.findMany({ where: { id: { in: places.map(({ id }) => id) } } })
    const byId = new Map(rows.map((row) => [row.id, row]))
    const edges = places.flatMap(({ id, cursor }) => {
      const node = byId.get(id)
      return node ? [{ node, cursor }] : []
    })
    return forwardPage(edges, size, after)
  },
}))
