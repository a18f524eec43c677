import { NotFound } from '@sluice/domain'
import { mayRun } from '../policies/policy.ts'
import type { Context } from '../graphql/context.ts'
import type { BulkOperationRow } from '../graphql/webhook-refs.ts'
import type { BulkOperationItem } from './items.ts'
import type { SharedViews, Shown } from './shared-view.ts'
import type { Subscriptions } from './subscription.ts'

interface Sources { views: SharedViews<BulkOperationRow>; subscriptions: Subscriptions; cursor(): string }

/** One operation, up to its end. @throws NotFound when there is none, or the viewer may not read it. */
export async function bulkOperationChanged({ views, subscriptions, cursor }: Sources, { id, ctx }: { id: string; ctx: Context }) {
  const read = (): Promise<BulkOperationRow | null> => ctx.prisma.bulkOperation.findUnique({ where: { id } })
  if (!mayRun(ctx.viewer, 'bulkOperations') || (await read()) === null) throw NotFound.of('bulk operation', id)
  const item = (kind: 'SNAPSHOT' | 'CHANGE', operation: BulkOperationRow): BulkOperationItem => ({ cursor: cursor(), kind, operation })
  return subscriptions.open<BulkOperationItem>({
    viewer: ctx.viewer,
    atEnd: (end) => ({ cursor: cursor(), kind: 'END', end }),
    // Of a reader that is busy only the latest counts.
    keyOf: ({ operation }) => operation?.id ?? null,
    start: async function* ({ outlet, atClose }) {
      const { view, leave } = await views.join(id, async () => shown(await read(), id), (now) => {
        outlet.push([item('CHANGE', now)])
        if (now.state !== 'RUNNING') outlet.end('TERMINAL')
      })
      atClose(leave)
      yield item('SNAPSHOT', view)
      if (view.state !== 'RUNNING') outlet.end('TERMINAL')
    },
  })
}

function shown(row: BulkOperationRow | null, id: string): Shown<BulkOperationRow> {
  if (row === null) throw new Error(`The operation ${id} is gone.`)
  return { view: row, text: JSON.stringify([row.state, row.matched, row.done, row.refused, row.endedAt]) }
}
