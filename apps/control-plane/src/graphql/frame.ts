import { InvalidInput } from '@sluice/domain'
import { FRAMES_PAGE_BYTES, FRAMES_START, framesAfter, framesBefore, type FramePlace, type FrameRow } from '@sluice/engine'
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
  type: FlowFramesConnection, description: 'Its output, one attempt after the other, first to last; with last, the end of it. A page of large frames ends early, after 1 MiB: pageInfo says whether there is more.',
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
  const { frames, more } = await readAfter(flow, { after: after ? ctx.live.framePlaceOf(after) : FRAMES_START, count: size }, ctx)
  return forwardPage(frames.map((node) => edgeOf(node, ctx)), size, after, more)
}

async function backwards(flow: FlowHandle, { last, before }: Page, ctx: Context) {
  const size = pageSize(last, ctx)
  const { frames, more } = await framesBefore(ctx.deps.pool, { flowId: flow.id, before: before ? ctx.live.framePlaceOf(before) : null, limit: size })
  const edges = frames.map((node) => edgeOf(node, ctx))
  const pageInfo = {
    hasNextPage: Boolean(before), hasPreviousPage: more, startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null,
  }
  return { edges, pageInfo }
}

const edgeOf = (node: FrameRow, ctx: Context) => ({ node, cursor: ctx.live.frameCursor(node) })

/** A read is of one attempt; of large frames a page is short, and says that there are more. */
async function readAfter({ id }: FlowHandle, { after, count }: { after: FramePlace; count: number }, { deps }: Context): Promise<{ frames: FrameRow[]; more: boolean }> {
  const frames: FrameRow[] = []
  let [at, more, bytes] = [after, true, 0]
  while (more && frames.length < count && bytes < FRAMES_PAGE_BYTES) {
    const page = await framesAfter(deps.pool, { flowId: id, after: at, limit: count - frames.length })
    frames.push(...page.frames)
    bytes += page.frames.reduce((sum, frame) => sum + frame.bytes, 0)
    at = page.to
    more = page.more
  }
  return { frames, more }
}
