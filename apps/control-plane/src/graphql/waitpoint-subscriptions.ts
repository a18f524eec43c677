import type { WaitpointsChangedItem } from '../live/items.ts'
import { builder } from './builder.ts'
import { after, head } from './item-head.ts'
import { WaitpointRef } from './waitpoint-ref.ts'

const WaitpointsChangedItemRef = builder.objectRef<WaitpointsChangedItem>('WaitpointsChangedItem').implement({
  description: 'An item of waitpointsChanged.',
  fields: (t) => ({
    ...head(t),
    openCount: t.int({ nullable: true, description: 'How many stand open of the flows that you may read; on snapshots.', resolve: (item) => item.openCount ?? null }),
    waitpoint: t.field({ type: WaitpointRef, nullable: true, description: 'The changed waitpoint as it is now.', resolve: (item) => item.waitpoint ?? null }),
  }),
})

builder.subscriptionField('waitpointsChanged', (t) => t.field({
  type: WaitpointsChangedItemRef,
  description: 'Waits that open, are released, answered or closed, each with its latest state. Of what its flow never waits for only an early answer is told. The snapshot is a count and a cursor: subscribe, then query, then apply.',
  args: { after: t.arg(after) },
  subscribe: (_root, { after: cursor }, ctx) => ctx.live.waitpointsChanged({ after: cursor ?? null, ctx }),
  resolve: (item) => item,
}))
