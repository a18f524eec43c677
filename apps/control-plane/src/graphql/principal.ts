import { mayRun, permissionsOf } from '../policies/policy.ts'
import { builder } from './builder.ts'
import { databaseTime } from './database-time.ts'
import { RoleEnum } from './enums.ts'

export const PrincipalRef = builder.prismaNode('Principal', {
  description: 'A user or a program that signs in.',
  id: { resolve: (principal) => principal.id, description: 'prn_…' },
  findUnique: (id, ctx) => ({ id: mayRun(ctx.viewer, 'principals') || id === ctx.viewer.principalId ? id : '' }),
  nullable: true,
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, unique.' }),
    roles: t.expose('roles', { type: [RoleEnum], description: 'What it may be.' }),
  }),
})

const ViewerRef = builder.simpleObject('Viewer', {
  description: 'You.',
  fields: (t) => ({
    principal: t.field({ type: PrincipalRef, description: 'Who you are.' }),
    permissions: t.stringList({
      description: 'What you may do: names of operations, and rights inside them after a dot; `:own` at the end when only with your own flows.',
    }),
    expiresAt: t.field({ type: 'DateTime', nullable: true, description: 'When this token or session ends; null = not by itself.' }),
  }),
})

builder.queryFields((t) => ({
  viewer: t.field({
    type: ViewerRef, nullable: true, description: 'Who asks, and what it may do.',
    resolve: async (_root, _args, ctx) => {
      const principal = await ctx.load.principal.load(ctx.viewer.principalId)
      return principal && { principal, permissions: permissionsOf(ctx.viewer), expiresAt: ctx.viewer.expiresAt }
    },
  }),
  principals: t.prismaField({
    type: ['Principal'], description: 'Everyone who may sign in, by name.',
    resolve: (query, _root, _args, ctx) => ctx.prisma.principal.findMany({ ...query, where: { disabledAt: null }, orderBy: { name: 'asc' } }),
  }),
  serverTime: t.field({
    type: 'DateTime', description: "The database's clock, by which everything is judged.",
    resolve: (_root, _args, ctx) => databaseTime(ctx.deps.pool),
  }),
}))
