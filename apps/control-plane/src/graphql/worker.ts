import { builder } from './builder.ts'
import { databaseTimeBefore } from './database-time.ts'
import { WorkerStateEnum } from './enums.ts'
import { PrincipalRef } from './principal.ts'

export const WorkerRef = builder.prismaNode('Worker', {
  description: 'A process that claims flows and works on them.',
  id: { field: 'id', description: 'wrk_…; a new one with every registration.' },
  nullable: true,
  fields: (t) => ({
    instanceId: t.exposeString('instanceId', { description: 'What the process calls itself; a second registration under it ends the first.' }),
    name: t.exposeString('name', { description: 'A name for people.' }),
    kinds: t.exposeStringList('kinds', { description: 'The kinds it handles.' }),
    lanes: t.exposeStringList('lanes', { description: 'The lanes it serves; empty = all.' }),
    capacity: t.exposeInt('capacity', { description: 'How many flows it takes at once.' }),
    leased: t.int({ description: 'How many it has now.', resolve: (worker, _args, ctx) => ctx.load.leased.load(worker.id) }),
    codeVersion: t.exposeString('codeVersion', { nullable: true, description: 'What it says about its code.' }),
    state: t.expose('state', { type: WorkerStateEnum, description: 'Whether it asks for work, finishes what it has, or is gone.' }),
    registeredAt: t.expose('registeredAt', { type: 'DateTime', description: 'When it registered.' }),
    heartbeatAt: t.expose('heartbeatAt', { type: 'DateTime', description: 'When it was last heard.' }),
    heartbeatMs: t.int({ description: 'How often it is asked to report that it lives.', resolve: (_worker, _args, ctx) => ctx.deps.settings.heartbeatMs }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it counts as lost, unless it is heard before.' }),
    principal: t.field({
      type: PrincipalRef, nullable: true, description: 'As whom it signs in.', resolve: (worker, _args, ctx) => ctx.load.principal.load(worker.principalId),
    }),
  }),
})

// Those that fell silent leave the list; their attempts still name them.
const DEAD_SHOWN_MS = 10 * 60_000

builder.queryField('workers', (t) => t.prismaField({
  type: ['Worker'], description: 'Live workers, and those lost in the last ten minutes.',
  resolve: async (query, _root, _args, ctx) => ctx.prisma.worker.findMany({
    ...query,
    where: { OR: [{ state: { not: 'DEAD' } }, { heartbeatAt: { gte: await databaseTimeBefore(ctx.deps.pool, DEAD_SHOWN_MS) } }] },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
  }),
}))
