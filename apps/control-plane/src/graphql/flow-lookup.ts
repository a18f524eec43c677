import { isTerminal } from '@sluice/protocol'
import { builder } from './builder.ts'
import { FlowRef } from './flow-ref.ts'
import { waitMs } from './input-rules.ts'

builder.queryFields((t) => ({
  flow: t.field({
    type: FlowRef, nullable: true, description: 'One flow. Null when there is no such flow, or you may not read it.',
    args: { id: t.arg.id({ required: true, description: 'flow_…' }) },
    resolve: (_root, { id }, ctx) => ctx.flows.visible(id),
  }),
  waitForFlow: t.field({
    type: FlowRef, nullable: true, description: 'One flow, as soon as it has ended or is WAITING, or when the time is up.',
    args: {
      id: t.arg.id({ required: true, description: 'flow_…' }),
      timeoutMs: t.arg.int({ defaultValue: 10_000, description: 'How long to wait, 30000 at most.', validate: waitMs.nullish() }),
    },
    resolve: async (_root, { id, timeoutMs }, ctx) => {
      if ((await ctx.flows.visible(id)) === null) return null
      await ctx.deps.watch.wait({ id, until: ({ status }) => isTerminal(status) || status === 'WAITING', timeoutMs: timeoutMs ?? 10_000, signal: ctx.signal })
      return ctx.flows.visible(id)
    },
  }),
}))
