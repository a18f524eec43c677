import { NotFound } from '@sluice/domain'
import { flowEventsAfter, type FlowEventRow } from '@sluice/engine'
import { isTerminal } from '@sluice/protocol'
import type { Context } from '../graphql/context.ts'
import { LIGHT_COLUMNS, type LightFlow } from './changed-flows.ts'
import { eventCursorText, parseEventCursor } from './feed-cursor.ts'
import type { FeedHub } from './feed-hub.ts'
import type { FlowEventItem } from './items.ts'
import type { Progress } from './progress.ts'
import type { Subscription, Subscriptions } from './subscription.ts'

const PAGE = 200

interface Sources { hub: FeedHub; subscriptions: Subscriptions; progress: Progress }
interface Request { id: string; after: string | null; ctx: Context }
type Open = Subscription<FlowEventItem>
type From = { generation: string; sequence: number } | null

/**
 * One flow's log, by sequence: the flow's row lock makes its events commit in that order, so nothing can appear behind the cursor (INV-34).
 * @throws NotFound when there is no such flow, or the viewer may not read it.
 */
export async function flowEvents(sources: Sources, { id, after, ctx }: Request) {
  if ((await ctx.flows.visible(id)) === null) throw NotFound.of('flow', id)
  const log = new FlowLog(id, ctx, sources)
  const from = after === null ? null : parseEventCursor(after)
  return sources.subscriptions.open<FlowEventItem>({
    viewer: ctx.viewer,
    atEnd: (end) => ({ cursor: after ?? log.cursor, kind: 'END', end }),
    start: (subscription) => log.follow(subscription, from),
  })
}

class FlowLog {
  readonly #id: string
  readonly #ctx: Context
  readonly #sources: Sources
  #sequence = 0
  #isStarted = false
  #isReading = false
  #again = false

  constructor(id: string, ctx: Context, sources: Sources) {
    this.#id = id
    this.#ctx = ctx
    this.#sources = sources
  }

  get cursor(): string {
    return eventCursorText(this.#generation, this.#sequence)
  }

  /** Listens first and reads then, so that nothing falls between. */
  async *follow(subscription: Open, from: From): AsyncGenerator<FlowEventItem, void> {
    this.#listen(subscription)
    const flow = await this.#flow()
    if (flow === null) return subscription.outlet.end('TERMINAL')
    const gap = from !== null && (from.generation !== this.#generation || from.sequence > flow.lastSequence)
    this.#sequence = from === null || gap ? flow.lastSequence : from.sequence
    yield { cursor: this.cursor, kind: 'SNAPSHOT', gap, flow: this.#ctx.flows.granted(this.#id, flow) }
    this.#isStarted = true
    this.#wake(subscription)
  }

  get #generation(): string {
    return this.#sources.hub.cursor.generation
  }

  /** Nothing goes out before the snapshot: until then there is no place in the log to continue from. */
  #listen(subscription: Open): void {
    const { hub, progress } = this.#sources
    const { atClose, outlet } = subscription
    atClose(hub.listen((batch) => {
      if (batch === null || batch.events.some((event) => event.flowId === this.#id)) this.#wake(subscription)
    }, () => outlet.end('SHUTDOWN')))
    atClose(progress.listen((rows) => {
      const row = rows.find(({ id }) => id === this.#id)
      if (row && this.#isStarted) outlet.push([{ cursor: this.cursor, kind: 'CHANGE', flow: this.#ctx.flows.granted(this.#id, row) }])
    }))
  }

  #wake(subscription: Open): void {
    this.#again = true
    if (this.#isReading || !this.#isStarted) return
    this.#isReading = true
    void this.#readAll(subscription)
      .catch((error: Error) => {
        this.#ctx.deps.log({ event: 'subscription.failed', requestId: this.#ctx.requestId, message: error.message })
        // Its reader continues from its cursor, as after any other interruption.
        subscription.outlet.end('SHUTDOWN')
      })
      .finally(() => {
        this.#isReading = false
        // Woken after the last look and before this: nobody else would look.
        if (this.#again && !subscription.outlet.closed) this.#wake(subscription)
      })
  }

  async #readAll({ outlet }: Open): Promise<void> {
    while (this.#again && !outlet.closed) {
      this.#again = false
      const flow = await this.#flow()
      const events = await flowEventsAfter(this.#ctx.deps.pool, this.#id, this.#sequence, PAGE)
      outlet.push(events.map((event) => this.#item(event, flow)))
      if (events.length === PAGE) this.#again = true
      else if (flow === null || (isTerminal(flow.status) && this.#sequence >= flow.lastSequence)) outlet.end('TERMINAL')
    }
  }

  #item(event: FlowEventRow, flow: LightFlow | null): FlowEventItem {
    this.#sequence = event.sequence
    return { cursor: this.cursor, kind: 'CHANGE', event, ...(flow ? { flow: this.#ctx.flows.granted(this.#id, flow) } : {}) }
  }

  #flow(): Promise<LightFlow | null> {
    return this.#ctx.prisma.flow.findUnique({ where: { id: this.#id, deletedAt: null }, select: LIGHT_COLUMNS })
  }
}
