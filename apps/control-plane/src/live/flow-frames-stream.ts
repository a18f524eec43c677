import { NotFound } from '@sluice/domain'
import { FRAMES_START, framesAfter, framesEnd, isBeyond, type FramePage, type FramePlace, type FrameRow } from '@sluice/engine'
import type { Context } from '../graphql/context.ts'
import type { FeedHub } from './feed-hub.ts'
import { frameCursorText, parseFrameCursor, type FrameCursor } from './frame-cursor.ts'
import type { FrameHub } from './frame-hub.ts'
import type { FlowFrameItem } from './items.ts'
import type { Subscription, Subscriptions } from './subscription.ts'

interface Sources { hub: Pick<FeedHub, 'cursor'>; frames: FrameHub; subscriptions: Subscriptions }
interface Request { id: string; after: string | null; ctx: Context }
type Open = Subscription<FlowFrameItem>

/**
 * One flow's output, over its attempts in order, by (attempt, sequence): a cursor of its own, beside that of the milestones (D-24, L-53). Without a cursor
 * from the first frame that is kept.
 * @throws NotFound when there is no such flow, or the viewer may not read it.
 */
export async function flowFrames(sources: Sources, { id, after, ctx }: Request) {
  if ((await ctx.flows.visible(id)) === null) throw NotFound.of('flow', id)
  const output = new FlowOutput(id, ctx, sources)
  const from = after === null ? null : parseFrameCursor(after)
  return sources.subscriptions.open<FlowFrameItem>({
    viewer: ctx.viewer,
    atEnd: (end) => ({ cursor: after ?? output.cursor, kind: 'END', end }),
    weigh: weightOf,
    start: (subscription) => output.follow(subscription, from),
  })
}

// In events (SUBSCRIBER_BUFFER), so that a reader of large frames may not be further behind than one of many.
const BYTES_PER_EVENT = 8192
const FRAME_OVERHEAD = 256
const weightOf = ({ frames = [] }: FlowFrameItem): number =>
  Math.max(1, frames.reduce((sum, { bytes }) => sum + bytes + FRAME_OVERHEAD, 0) / BYTES_PER_EVENT)

class FlowOutput {
  readonly #id: string
  readonly #ctx: Context
  readonly #sources: Sources
  #place = FRAMES_START

  constructor(id: string, ctx: Context, sources: Sources) {
    this.#id = id
    this.#ctx = ctx
    this.#sources = sources
  }

  get cursor(): string {
    return this.#cursorAt(this.#place)
  }

  /** The past page by page, as fast as it is read; then the reader that all share. */
  async *follow(subscription: Open, from: FrameCursor | null): AsyncGenerator<FlowFrameItem, void> {
    const known = from !== null && (await this.#isKnown(from))
    if (known) this.#place = from
    yield { cursor: this.cursor, kind: 'SNAPSHOT', gap: from !== null && !known }
    let page: FramePage
    do {
      page = await this.#read()
      yield* this.#told(page)
    } while (page.more)
    if (page.ended) return subscription.outlet.end('TERMINAL')
    yield* this.#join(subscription)
  }

  /** Of another life of the database, or of what this one does not have: then all is told anew. */
  async #isKnown(from: FrameCursor): Promise<boolean> {
    return from.generation === this.#sources.hub.cursor.generation && !isBeyond(from, await framesEnd(this.#ctx.deps.pool, this.#id))
  }

  /** What the others have seen and we have not comes first; what they see from now on waits behind it. */
  async *#join({ outlet, atClose }: Open): AsyncGenerator<FlowFrameItem, void> {
    let pushed = this.#place
    let caughtUp = false
    let ended = false
    const { joined, leave } = this.#sources.frames.join({
      flowId: this.#id, at: this.#place,
      listener: (news) => {
        const frames = news.frames.filter((frame) => isBeyond(frame, pushed))
        const gap = news.gap && !isBeyond(pushed, news.from)
        if (isBeyond(news.to, pushed)) pushed = news.to
        if (frames.length > 0 || gap) outlet.push([this.#item(frames, { gap, at: pushed })])
        ended ||= news.ended
        if (ended && caughtUp) outlet.end('TERMINAL')
      },
      failed: () => outlet.end('SHUTDOWN'),
    })
    atClose(leave)
    if (isBeyond(joined, pushed)) pushed = joined
    while (isBeyond(joined, this.#place)) {
      const page = upTo(joined, await this.#read())
      if (!isBeyond(page.to, this.#place) && page.frames.length === 0) break
      yield* this.#told(page)
    }
    caughtUp = true
    if (ended) outlet.end('TERMINAL')
  }

  #read(): Promise<FramePage> {
    return framesAfter(this.#ctx.deps.pool, { flowId: this.#id, after: this.#place })
  }

  *#told({ frames, gap, to }: FramePage): Generator<FlowFrameItem, void> {
    this.#place = to
    if (frames.length > 0 || gap) yield this.#item(frames, { gap, at: to })
  }

  #item(frames: FrameRow[], { gap, at }: { gap: boolean; at: FramePlace }): FlowFrameItem {
    return { cursor: this.#cursorAt(at), kind: 'CHANGE', gap, frames }
  }

  #cursorAt(place: FramePlace): string {
    return frameCursorText(this.#sources.hub.cursor.generation, place)
  }
}

const upTo = (end: FramePlace, page: FramePage): FramePage =>
  (isBeyond(page.to, end) ? { ...page, frames: page.frames.filter((frame) => !isBeyond(frame, end)), to: end } : page)
