import { InvalidInput } from '@sluice/domain'
import { FRAMES_START, framesAfter, framesBefore, type FramePlace, type FrameRow } from '@sluice/engine'
import { builder } from './builder.ts'
import { connectionText, edgeText, forwardPage, pageSize } from './connection.ts'
import type { Context } from './context.ts'
import { FrameKindEnum } from './enums.ts'
import type { FlowHandle } from './flow-reader.ts'
import { FlowRef } from './flow-ref.ts'

export const FrameRef = builder.objectRef<FrameRow>('Frame').implement({
  description: 'A piece of what a flow says while it is worked on. Never changed; the oldest are kept no longer than FRAMES_KEPT and FRAME_BYTES_KEPT allow.',
  fields: (t) => ({
    attempt: t.exposeInt('attempt', { description: 'Of which attempt.' }),
    sequence: t.exposeInt('sequence', { description: '1, 2, 3 … per attempt, without gaps; what is missing at the front is kept no longer.' }),
    kind: t.expose('kind', { type: FrameKindEnum, description: 'What it is.' }),
    payload: t.field({ type: 'JSON', description: 'A text, or any JSON.', resolve: (frame) => frame.payload }),
    at: t.expose('at', { type: 'DateTime', description: "When it came, by the database's clock." }),
    cursor: t.field({ type: 'Cursor', description: 'Continue flowFrames, or the list of frames, after this one.', resolve: (frame, _args, ctx) => ctx.live.frameCursor(frame) }),
  }),
})

const FlowFramesConnection = builder.connectionObject(
  { type: FrameRef, name: 'FlowFramesConnection', ...connectionText('frames') },
  { name: 'FlowFramesConnectionEdge', ...edgeText('the frames') },
)

builder.objectField(FlowRef, 'frames', (t) => t.field({
  type: FlowFramesConnection, description: 'Its output, one attempt after the other, first to last; with last, the end of it.',
  args: {
    first: t.arg.int({ description: 'How many from the front; PAGE_DEFAULT when absent, above PAGE_MAX refused.' }),
    after: t.arg.string({ description: 'The cursor of the last one already seen.' }),
    last: t.arg.int({ description: 'How many from the back; not together with first or after.' }),
    before: t.arg.string({ description: 'The cursor of the first one already seen, going backwards; with last.' }),
  },
  resolve: (flow, args, ctx) => {
    if (args.last == null && args.before == null) return forwards(flow, args, ctx)
    if (args.first != null || args.after != null) throw new InvalidInput(['last'], 'last and before exclude first and after.')
    return backwards(flow, args, ctx)
  },
}))

interface Page { first?: number | null | undefined; after?: string | null | undefined; last?: number | null | undefined; before?: string | null | undefined }

async function forwards(flow: FlowHandle, { first, after }: Page, ctx: Context) {
  const size = pageSize(first, ctx)
  const frames = await readAfter(flow, { after: after ? ctx.live.framePlaceOf(after) : FRAMES_START, count: size + 1 }, ctx)
  return forwardPage(frames.map((node) => edgeOf(node, ctx)), size, after)
}

async function backwards(flow: FlowHandle, { last, before }: Page, ctx: Context) {
  const size = pageSize(last, ctx)
  const frames = await framesBefore(ctx.deps.pool, { flowId: flow.id, before: before ? ctx.live.framePlaceOf(before) : null, limit: size + 1 })
  const edges = frames.slice(-size).map((node) => edgeOf(node, ctx))
  const pageInfo = {
    hasNextPage: Boolean(before), hasPreviousPage: frames.length > size, startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null,
  }
  return { edges, pageInfo }
}

const edgeOf = (node: FrameRow, ctx: Context) => ({ node, cursor: ctx.live.frameCursor(node) })

/** A read is of one attempt, and of large frames it is short. */
async function readAfter({ id }: FlowHandle, { after, count }: { after: FramePlace; count: number }, { deps }: Context): Promise<FrameRow[]> {
  const found: FrameRow[] = []
  for (let at = after, more = true; more && found.length < count;) {
    const page = await framesAfter(deps.pool, { flowId: id, after: at, limit: count - found.length })
    found.push(...page.frames)
    at = page.to
    more = page.more
  }
  return found
}
