import { builder } from './builder.ts'

builder.prismaObject('FlowKind', {
  description: 'What can be done, as the latest worker that registered it described it.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, unique.' }),
    title: t.exposeString('title', { nullable: true, description: 'A line for people.' }),
    inputSchema: t.field({
      type: 'JSON', nullable: true, description: 'JSON Schema 2020-12 of its input; createFlow refuses what it refuses.',
      resolve: (kind) => kind.inputSchema,
    }),
    liveWorkers: t.int({ description: 'How many live workers handle it.', resolve: (kind, _args, ctx) => ctx.load.liveWorkers.load(kind.name) }),
  }),
})

builder.queryField('flowKinds', (t) => t.prismaField({
  type: ['FlowKind'], description: 'Every kind a worker ever registered, by name.',
  resolve: (query, _root, _args, ctx) => ctx.prisma.flowKind.findMany({ ...query, orderBy: { name: 'asc' } }),
}))
