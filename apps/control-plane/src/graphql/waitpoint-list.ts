import { listWaitpoints, type WaitpointFilter } from '@sluice/engine'
import { answererOf } from '../policies/answerers.ts'
import type { Viewer } from '../policies/policy.ts'
import { waitpointSight } from '../policies/visible-waitpoints.ts'
import { builder } from './builder.ts'
import { connectionText, edgeText, forwardArgs, forwardPage, pageSize } from './connection.ts'
import { WaitKindEnum, WaitpointStateEnum } from './enums.ts'
import { few } from './input-rules.ts'
import { WaitpointRef } from './waitpoint-ref.ts'

const WaitpointFilterInput = builder.inputType('WaitpointFilter', {
  description: 'Everything that is given must hold; of a list, one. An empty list is the same as none.',
  fields: (t) => ({
    kind: t.field({ type: [WaitKindEnum], description: 'Of one of these kinds.', validate: few }),
    state: t.field({ type: [WaitpointStateEnum], description: 'In one of these states.', validate: few }),
    lane: t.stringList({ description: 'Of flows in one of these lanes.', validate: few }),
    answerableByMe: t.boolean({ description: 'Those that you may answer now, or only the others.' }),
  }),
})

function waitpointFilter({ kind, state, lane, answerableByMe }: typeof WaitpointFilterInput.$inferInput, viewer: Viewer): WaitpointFilter {
  const listed = { ...(kind?.length && { kind }), ...(state?.length && { state }), ...(lane?.length && { lane }) }
  const mine = typeof answerableByMe === 'boolean' ? { answerableBy: { who: answererOf(viewer), holds: answerableByMe } } : {}
  return { ...listed, ...mine, ...waitpointSight(viewer) }
}

const QueryWaitpointsConnection = builder.connectionObject(
  { type: WaitpointRef, name: 'QueryWaitpointsConnection', ...connectionText('waitpoints') },
  { name: 'QueryWaitpointsConnectionEdge', ...edgeText('the waitpoints') },
)

builder.queryField('waitpoints', (t) => t.field({
  type: QueryWaitpointsConnection,
  description: 'Waitpoints of the flows that you may read: those that stand open, the oldest first, and then the others, the latest made first.',
  args: { filter: t.arg({ type: WaitpointFilterInput, description: 'Which waitpoints; absent = all.' }), ...forwardArgs() },
  resolve: async (_root, { filter, first, after }, ctx) => {
    const size = pageSize(first, ctx)
    const places = await listWaitpoints(ctx.deps.pool, { filter: waitpointFilter(filter ?? {}, ctx.viewer), after: after ?? null, limit: size + 1 })
    const rows = await Promise.all(places.map(({ id }) => ctx.load.waitpoint.load(id)))
    const edges = places.flatMap(({ cursor }, at) => {
      const node = rows[at]
      return node ? [{ node, cursor }] : []
    })
    return forwardPage(edges, size, after)
  },
}))
