import { AttemptRef } from './attempt.ts'
import { builder } from './builder.ts'
import { pageSize } from './connection.ts'
import { WorkerRef } from './worker.ts'

// The attempts come from flows that the viewer may read: so may their fields.
builder.objectField(WorkerRef, 'currentAttempts', (t) => t.field({
  type: [AttemptRef], description: 'What it holds, the oldest lease first, of the flows that you may read; leased counts all of them.',
  args: { first: t.arg.int({ defaultValue: 10, description: 'How many at most; above PAGE_MAX refused.' }) },
  resolve: (worker, { first }, ctx) => ctx.load.workerLeases.load({ workerId: worker.id, first: pageSize(first ?? 10, ctx) }),
}))
