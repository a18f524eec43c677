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
    hasInputSchema: t.boolean({ description: 'Whether it has an inputSchema, for those who do not need to read it.', resolve: (kind) => kind.inputSchema !== null }),
    liveWorkers: t.int({
      description: 'How many live workers handle it, in whichever lane.', resolve: async (kind, _args, ctx) => (await ctx.load.kindFigures.load(kind.name)).liveWorkers,
    }),
    queued: t.int({ description: 'How many flows of it are in the queue.', resolve: async (kind, _args, ctx) => (await ctx.load.kindFigures.load(kind.name)).queued }),
  }),
})

builder.queryField('flowKinds', (t) => t.prismaField({
  type: ['FlowKind'], description: 'Every kind a worker ever registered, by name.',
  resolve: (query, _root, _args, ctx) => ctx.prisma.flowKind.findMany({ ...query, orderBy: { name: 'asc' } }),
}))
