import { InvalidInput } from '@sluice/domain'
import { flowCounts, listFlows, type PageRequest } from '@sluice/engine'
import { listFilter } from '../policies/list-filter.ts'
import { builder } from './builder.ts'
import { connectionText, edgeText, pageSize } from './connection.ts'
import type { Context } from './context.ts'
import { FlowCountsRef } from './flow-counts.ts'
import { FlowFilterInput } from './flow-filter.ts'
import { FlowRef } from './flow-ref.ts'

const FlowOrderEnum = builder.enumType('FlowOrder', {
  description: 'The order of a list of flows.',
  values: {
    CREATED_DESC: { description: 'Newest first.' },
    CREATED_ASC: { description: 'Oldest first.' },
    FINISHED_DESC: { description: 'Ended flows only, the latest end first.' },
  },
})

builder.queryField('flows', (t) => t.connection({
  type: FlowRef, description: 'Flows that you may read, by cursor pages.',
  args: {
    filter: t.arg({ type: FlowFilterInput, description: 'Which flows; absent = all.' }),
    orderBy: t.arg({ type: FlowOrderEnum, description: 'In which order; newest first when absent.' }),
  },
  resolve: async (_root, { filter, orderBy, ...page }, ctx) => {
    const found = await listFlows(ctx.deps.pool, { filter: listFilter(filter ?? {}, ctx.viewer), orderBy: orderBy ?? null, page: pageOf(page, ctx) })
    return {
      edges: found.items.map(({ id, cursor }) => ({ cursor, node: ctx.flows.granted(id) })),
      pageInfo: {
        hasNextPage: found.hasNextPage, hasPreviousPage: found.hasPreviousPage,
        startCursor: found.items[0]?.cursor ?? null, endCursor: found.items.at(-1)?.cursor ?? null,
      },
    }
  },
}, connectionText('flows'), edgeText('the flows')))

/** One direction at a time. @throws InvalidInput when both are asked for, LimitExceeded for too large a page. */
function pageOf({ first, after, last, before }: PageRequest, ctx: Context): PageRequest {
  if (typeof last !== 'number') {
    if (before) throw new InvalidInput(['before'], 'before goes with last, after with first.')
    return { first: pageSize(first, ctx), after }
  }
  if (typeof first === 'number' || after) throw new InvalidInput(['last'], 'Page forwards with first and after, or backwards with last and before.')
  return { last: pageSize(last, ctx), before }
}

builder.queryField('flowCounts', (t) => t.field({
  type: FlowCountsRef, description: 'How many flows that you may read stand in each status. Exact for status, lane and kind; other filters stop at 10,000.',
  args: { filter: t.arg({ type: FlowFilterInput, description: 'Which flows; absent = all.' }) },
  resolve: (_root, { filter }, ctx) => flowCounts(ctx.deps.pool, listFilter(filter ?? {}, ctx.viewer)),
}))
