import { framesAfter, type Deps, type FramePlace, type FrameRow } from '@sluice/engine'
import type { FeedHub } from './feed-hub.ts'
import { paced, type Paced } from './paced.ts'
import { tellEach } from './tell-each.ts'

/** What one read brought: the frames between two places. */
export interface FrameNews { from: FramePlace; to: FramePlace; frames: FrameRow[]; gap: boolean; ended: boolean }
export type FrameListener = (news: FrameNews) => void

export interface FrameHub {
  /** Tells what follows `joined`: where those stand who follow this flow already, else `at`. `failed`: the listener threw and has missed something. */
  join(o: { flowId: string; at: FramePlace; listener: FrameListener; failed: () => void }): { joined: FramePlace; leave(): void }
  /** How many flows are followed: each is read once, however many follow it. */
  count(): number
  close(): void
}

// Frames come in streams: what came meanwhile is one batch, and nobody sees the difference.
const EVERY_MS = 20

interface Options { engine: Pick<Deps, 'pool' | 'wake' | 'log'>; feed: Pick<FeedHub, 'listen'>; sweepMs: number }

/** The one reader of each followed flow's output in this process: woken by hints, by what happens to the flow, and by a timer for what got lost. */
export function openFrameHub({ engine, feed, sweepMs }: Options): FrameHub {
  const readers = new Map<string, Reader>()
  const wake = (ids: string[]): void => ids.forEach((id) => readers.get(id)?.pace.wish())
  const wakeAll = (): void => readers.forEach(({ pace }) => pace.wish())
  const stopHints = engine.wake.onFrames(wake)
  const stopEvents = feed.listen((batch) => (batch === null ? wakeAll() : wake(batch.events.map(({ flowId }) => flowId))), () => undefined)
  const timer = setInterval(wakeAll, sweepMs)
  return {
    join: ({ flowId, at, listener, failed }) => {
      const reader = readers.get(flowId) ?? new Reader(engine, flowId, at)
      readers.set(flowId, reader)
      reader.listeners.set(listener, failed)
      // What came between its own last look and now, and the end, if it was told already.
      reader.pace.wish()
      return {
        joined: reader.place,
        leave: () => {
          reader.listeners.delete(listener)
          if (reader.listeners.size > 0 || readers.get(flowId) !== reader) return
          reader.pace.close()
          readers.delete(flowId)
        },
      }
    },
    count: () => readers.size,
    close: () => {
      stopHints()
      stopEvents()
      clearInterval(timer)
      readers.forEach(({ pace }) => pace.close())
    },
  }
}

class Reader {
  readonly listeners = new Map<FrameListener, () => void>()
  readonly pace: Paced
  place: FramePlace

  constructor(engine: Options['engine'], flowId: string, at: FramePlace) {
    this.place = at
    this.pace = paced(async () => {
      const from = this.place
      const { frames, gap, to, more, ended } = await framesAfter(engine.pool, { flowId, after: from })
      const over = ended && !more
      if (frames.length > 0 || gap || over) tellEach(this.listeners, (listener) => listener({ from, to, frames, gap, ended: over }), engine.log)
      // Only now: a read that failed is repeated.
      this.place = to
      if (more) this.pace.wish()
    }, { everyMs: EVERY_MS, onError: ({ message }) => engine.log({ event: 'frames.failed', message }) })
  }
}
