import { builder } from './builder.ts'
import { databaseTimeBefore } from './database-time.ts'

builder.prismaObject('ServerProcess', {
  description: 'A control plane that is up.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'srv_…' }),
    version: t.exposeString('version', { description: 'Its version.' }),
    roles: t.exposeStringList('roles', { description: 'What it does: api, dispatcher.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it started.' }),
    aliveAt: t.expose('aliveAt', { type: 'DateTime', description: 'When it last signed itself alive; every 5 s.' }),
  }),
})

// Three signatures missed: it is gone, or cannot reach the database.
const ALIVE_MS = 15_000

builder.queryField('servers', (t) => t.prismaField({
  type: ['ServerProcess'], description: 'The control planes that are up, oldest first.',
  resolve: async (query, _root, _args, ctx) => ctx.prisma.serverProcess.findMany({
    ...query, where: { aliveAt: { gte: await databaseTimeBefore(ctx.deps.pool, ALIVE_MS) } }, orderBy: { startedAt: 'asc' },
  }),
}))
