import type { FlowCountsRow } from '@sluice/engine'
import { builder } from './builder.ts'
import { FlowStatusEnum } from './enums.ts'

const StatusCount = builder.simpleObject('StatusCount', {
  description: 'How many stand in one status.',
  fields: (t) => ({
    status: t.field({ type: FlowStatusEnum, description: 'The status.' }),
    count: t.int({ description: 'How many.' }),
  }),
})

export const FlowCountsRef = builder.objectRef<FlowCountsRow>('FlowCounts').implement({
  description: 'How many flows, by status.',
  fields: (t) => ({
    byStatus: t.field({ type: [StatusCount], description: 'One for each status.', resolve: (counts) => counts.byStatus }),
    total: t.exposeInt('total', { description: 'How many together.' }),
    exact: t.exposeBoolean('exact', { description: 'Whether the figures are exact; else they stop at 10,000.' }),
  }),
})
