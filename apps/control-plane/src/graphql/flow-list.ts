import { flowCounts } from '@sluice/engine'
import { resolveCursorConnection, type ResolveCursorConnectionArgs } from '@pothos/plugin-relay'
import { z } from 'zod'
import type PrismaTypes from '@sluice/db/pothos-types'
import { InvalidInput, LimitExceeded } from '@sluice/domain'
import { TERMINAL_STATUSES } from '@sluice/protocol'
import { countsFilter } from '../live/flow-filter.ts'
import { visibleFlows } from '../policies/visible.ts'
import { builder } from './builder.ts'
import { connectionText, edgeText } from './connection.ts'
import type { Context } from './context.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { FlowCountsRef } from './flow-counts.ts'
import { FlowFilterInput, whereOf, type FlowFilter } from './flow-filter.ts'
import type { FlowHandle } from './flow-reader.ts'
import { FlowRef } from './flow-ref.ts'

const FlowOrderEnum = builder.enumType('FlowOrder', {
  description: 'The order of a list of flows.',
  values: {
    CREATED_DESC: { description: 'Newest first.' },
    CREATED_ASC: { description: 'Oldest first.' },
    FINISHED_DESC: { description: 'Ended flows only, the latest end first.' },
  },
})

type Order = typeof FlowOrderEnum.$inferType
type Where = PrismaTypes['Flow']['Where']

const ORDERS = {
  CREATED_DESC: { column: 'createdAt', descending: true },
  CREATED_ASC: { column: 'createdAt', descending: false },
  FINISHED_DESC: { column: 'finishedAt', descending: true },
} as const satisfies Record<Order, { column: 'createdAt' | 'finishedAt'; descending: boolean }>

builder.queryField('flows', (t) => t.connection({
  type: FlowRef, description: 'Flows that you may read, by cursor pages.',
  args: {
    filter: t.arg({ type: FlowFilterInput, description: 'Which flows; absent = all.' }),
    orderBy: t.arg({ type: FlowOrderEnum, description: 'In which order; newest first when absent.' }),
  },
  resolve: (_root, { filter, orderBy, ...args }, ctx) => flowsPage({ filter: filter ?? {}, order: orderBy ?? 'CREATED_DESC', args }, ctx),
}, connectionText('flows'), edgeText('the flows')))

interface Page { filter: FlowFilter; order: Order; args: ResolveCursorConnectionArgs['args'] }
type ListRow = Pick<PrismaTypes['Flow']['Shape'], 'id' | 'createdAt' | 'finishedAt'>

function flowsPage({ filter, order, args }: Page, ctx: Context) {
  const { column } = ORDERS[order]
  const cursorOf = (row: ListRow): string => encodeCursor(order, [(row[column] ?? row.createdAt).getTime(), row.id])
  refuseBadPage(args, ctx)
  return resolveCursorConnection(
    { args, defaultSize: ctx.pages.default, maxSize: ctx.pages.max, toCursor: (flow: FlowHandle) => cursorOf(flow.row as ListRow) },
    async ({ before, after, limit, inverted }) => {
      const descending = ORDERS[order].descending !== inverted
      const bounds = [
        after ? beyond(order, { cursor: after, argument: 'after', down: ORDERS[order].descending }) : {},
        before ? beyond(order, { cursor: before, argument: 'before', down: !ORDERS[order].descending }) : {},
      ]
      const rows = await ctx.prisma.flow.findMany({
        where: { AND: [visibleFlows(ctx.viewer), whereOf(filter), endedOnly(order), ...bounds] },
        select: { id: true, createdAt: true, finishedAt: true },
        orderBy: [{ [column]: descending ? 'desc' : 'asc' }, { id: descending ? 'desc' : 'asc' }],
        take: limit,
      })
      return rows.map((row) => ctx.flows.granted(row.id, row))
    },
  )
}

// finishedAt set ⇔ terminal; naming the statuses lets the index by status be used.
const endedOnly = (order: Order): Where => (order === 'FINISHED_DESC' ? { status: { in: [...TERMINAL_STATUSES] }, finishedAt: { not: null } } : {})

const cursorKey = z.tuple([z.number(), z.string()])

/** Keyset: the first condition is what an index can start from, the second cuts those of the same instant. */
function beyond(order: Order, { cursor, argument, down }: { cursor: string; argument: string; down: boolean }): Where {
  const parsed = cursorKey.safeParse(decodeCursor(order, cursor, argument))
  if (!parsed.success) throw new InvalidInput([argument], 'This cursor does not belong to this list.')
  const [time, id] = parsed.data
  const at = new Date(time)
  const { column } = ORDERS[order]
  // Cursors carry milliseconds and columns microseconds: the id decides only within the same millisecond.
  const nextMs = new Date(time + 1)
  return down
    ? { [column]: { lt: nextMs }, OR: [{ [column]: { lt: at } }, { id: { lt: id } }] }
    : { [column]: { gte: at }, OR: [{ [column]: { gte: nextMs } }, { id: { gt: id } }] }
}

function refuseBadPage({ first, last }: Page['args'], { pages }: Context): void {
  for (const size of [first, last]) {
    if (size !== null && size !== undefined && (size < 1 || size > pages.max)) throw new LimitExceeded(pages.max, `A page holds 1 to ${pages.max}.`)
  }
}

builder.queryField('flowCounts', (t) => t.field({
  type: FlowCountsRef, description: 'How many flows that you may read stand in each status. Exact for status, lane and kind; other filters stop at 10,000.',
  args: { filter: t.arg({ type: FlowFilterInput, description: 'Which flows; absent = all.' }) },
  resolve: (_root, { filter }, ctx) => flowCounts(ctx.deps.pool, countsFilter(filter ?? {}, ctx.viewer)),
}))
