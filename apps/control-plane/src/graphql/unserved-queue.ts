import { unservedQueues, type UnservedQueueRow } from '@sluice/engine'
import { builder } from './builder.ts'
import { LaneRef } from './lane.ts'

const UnservedQueueRef = builder.objectRef<UnservedQueueRow>('UnservedQueue').implement({
  description: 'Queued flows that nobody will take: no live worker handles their kind in their lane.',
  fields: (t) => ({
    kind: t.exposeString('kind', { description: 'Of which kind; perhaps one that no worker ever registered.' }),
    lane: t.field({ type: LaneRef, nullable: true, description: 'In which lane.', resolve: ({ lane }, _args, ctx) => ctx.load.laneByName.load(lane) }),
    queued: t.exposeInt('queued', { description: 'How many.' }),
  }),
})

builder.queryField('unservedQueues', (t) => t.field({
  type: [UnservedQueueRef], description: 'What waits for a worker that does not exist, by lane and kind; the longest first, 100 at most.',
  resolve: (_root, _args, ctx) => unservedQueues(ctx.deps.pool),
}))
