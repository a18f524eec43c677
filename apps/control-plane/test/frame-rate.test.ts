import { once } from 'node:events'
import { WebSocket } from 'ws'
import { expect, test } from 'vitest'
import { append, FRAMES, lines, type FrameItem, type Lease } from './frame-writer.ts'
import { createFlows, testServer, testWorker, type Principal, type TestServer, type TestWorker } from './server.ts'

const PER_SECOND = 5000
const BATCH = 250
const TOTAL = 2 * PER_SECOND
const TEXT = 'x'.repeat(1000)

/** A reader that keeps nothing: the test itself must not be what is slow. */
interface Reader extends AsyncDisposable {
  seen: number
  /** What came out of its order. */
  wrong: string[]
  last: FrameItem | null
  until(done: (reader: Reader) => boolean): Promise<void>
  pause(): void
  resume(): void
}

async function read(server: TestServer, by: Principal, { id, after = null }: { id: string; after?: string | null }): Promise<Reader> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${by.token}` } }))
  await once(socket, 'message')
  const looking = new Set<() => void>()
  const reader: Reader = {
    seen: 0, wrong: [], last: null,
    until: (done) => new Promise((resolve) => {
      const look = (): void => {
        if (!done(reader)) return
        looking.delete(look)
        resolve()
      }
      looking.add(look)
      look()
    }),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    [Symbol.asyncDispose]: async () => {
      socket.terminate()
      await once(socket, 'close').catch(() => undefined)
    },
  }
  socket.on('message', (data: Buffer) => {
    const { type, payload } = JSON.parse(data.toString('utf8')) as { type: string; payload?: { data: { flowFrames: FrameItem } } }
    if (type !== 'next' || !payload) return
    const item = payload.data.flowFrames
    reader.last = item
    for (const { sequence } of item.frames ?? []) {
      if (reader.seen > 0 && sequence !== reader.seen + 1) reader.wrong.push(`${sequence} after ${reader.seen}`)
      reader.seen = sequence
    }
    looking.forEach((look) => look())
  })
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: FRAMES, variables: { id, after } } }))
  await reader.until(({ last }) => last !== null)
  return reader
}

/** Says as much a second as is asked for, or as much as is taken; how long it took, and by how much the reader was behind at worst. */
async function say(worker: TestWorker, lease: Lease, { from, reader }: { from: number; reader: Reader }): Promise<{ ms: number; lagMs: number }> {
  const began = performance.now()
  const lags: Promise<number>[] = []
  for (let sent = from; sent < from + TOTAL; sent += BATCH) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + ((sent - from) / PER_SECOND) * 1000 - performance.now())))
    expect(await append(worker, lease, lines(sent + 1, sent + BATCH, () => TEXT))).toMatchObject({ lastSequence: sent + BATCH })
    const answered = performance.now()
    lags.push(reader.until(({ seen }) => seen >= sent + BATCH).then(() => performance.now() - answered))
  }
  const ms = performance.now() - began
  return { ms, lagMs: Math.max(...(await Promise.all(lags))) }
}

test('INV-36 5,000 frames a second: a reader that hangs gets TOO_SLOW and goes on from its cursor, and the one beside it is not slowed', async () => {
  await using server = await testServer({ settings: { framesKept: 100_000, subscriberBuffer: 200 } })
  const admin = await server.principal('ADMIN')
  const worker = await testWorker(server)
  const [id = ''] = await createFlows(admin, [{ kind: 'work' }])
  const [lease] = await worker.take()
  await using fast = await read(server, admin, { id })
  const alone = await say(worker, lease!, { from: 0, reader: fast })
  // It has caught up: who reads the past is read to at its own pace.
  await using slow = await read(server, admin, { id, after: fast.last?.cursor ?? null })
  slow.seen = TOTAL
  slow.pause()
  const beside = await say(worker, lease!, { from: TOTAL, reader: fast })
  // On a machine that has other things to do both take longer.
  expect(beside.ms).toBeLessThan(2 * alone.ms + 1000)
  expect(beside.lagMs).toBeLessThan(2 * alone.lagMs + 1000)
  expect([fast.seen, fast.wrong]).toEqual([2 * TOTAL, []])
  slow.resume()
  await slow.until(({ last }) => last?.kind === 'END')
  expect(slow.last).toMatchObject({ end: 'TOO_SLOW' })
  expect(slow.seen).toBeLessThan(2 * TOTAL)
  await using again = await read(server, admin, { id, after: slow.last?.cursor ?? null })
  again.seen = slow.seen
  await again.until(({ seen }) => seen === 2 * TOTAL)
  expect([slow.wrong, again.wrong]).toEqual([[], []])
}, 120_000)
