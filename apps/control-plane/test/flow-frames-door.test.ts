import { eventually } from '@sluice/testkit/db'
import { EventSource } from 'eventsource'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readEvents, type EventReader, type StreamedEvent } from './event-stream.ts'
import { append, lines, places, placesOf, type FrameItem, type Lease } from './frame-writer.ts'
import { createFlows, testServer, testWorker, type Principal, type TestServer, type TestWorker } from './server.ts'

let server: TestServer
let admin: Principal
let worker: TestWorker

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
  worker = await testWorker(server)
})
afterAll(() => server.close())

async function working(): Promise<Lease> {
  await createFlows(admin, [{ kind: 'work' }])
  const [lease] = await worker.take()
  return lease!
}
const follow = (id: string, o: { on?: TestServer; by?: Principal; lastId?: string | undefined; what?: string } = {}): Promise<EventReader> =>
  readEvents(`${(o.on ?? server).url}/flows/${id}/${o.what ?? 'frames'}`, { authorization: `Bearer ${(o.by ?? admin).token}`, ...(o.lastId ? { 'last-event-id': o.lastId } : {}) })
const itemOf = ({ data }: StreamedEvent): FrameItem | undefined => data as unknown as FrameItem | undefined
const said = ({ events }: EventReader): string[] => placesOf(events.flatMap((event) => itemOf(event) ?? []))
const hasFrame = (n: number) => (event: StreamedEvent): boolean => itemOf(event)?.frames?.some(({ sequence }) => sequence === n) ?? false
const isEnd = ({ event }: StreamedEvent): boolean => event === 'end'

describe('GET /flows/{id}/frames', () => {
  test('INV-34 begins with a snapshot, brings every frame once, and ends with its reason', async () => {
    const lease = await working()
    await append(worker, lease, lines(1, 3))
    await using stream = await follow(lease.flowId)
    expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    await stream.first(hasFrame(3))
    await append(worker, lease, lines(4, 6))
    await worker.finish(lease)
    expect(await stream.first(isEnd)).toMatchObject({ data: { end: 'TERMINAL' } })
    expect(await stream.ended).toBe(true)
    expect(said(stream)).toEqual(places(0, 1, 6))
    expect(stream.events.filter(({ data }) => data).map(({ id, data }) => id === data?.cursor)).not.toContain(false)
  })

  test('INV-34 L-53 events and frames are both resumed by Last-Event-ID on another server, each by its own cursor', async () => {
    const lease = await working()
    await append(worker, lease, lines(1, 10))
    const before = { frames: await follow(lease.flowId), events: await follow(lease.flowId, { what: 'events' }) }
    const { id: frames } = await before.frames.first(hasFrame(10))
    const { id: events } = await before.events.first(({ event }) => event === 'snapshot')
    for (const stream of Object.values(before)) {
      stream.close()
      await stream.ended
    }
    await append(worker, lease, lines(11, 15))
    await worker.finish(lease)
    await using other = await testServer({ databaseUrl: server.databaseUrl })
    await using framesAfter = await follow(lease.flowId, { on: other, lastId: frames })
    await using eventsAfter = await follow(lease.flowId, { on: other, lastId: events, what: 'events' })
    await Promise.all([framesAfter.first(isEnd), eventsAfter.first(isEnd)])
    expect([...said(before.frames), ...said(framesAfter)]).toEqual(places(0, 1, 15))
    expect(eventsAfter.events.flatMap(({ data }) => data?.event?.sequence ?? [])).toEqual([4])
    expect((await follow(lease.flowId, { lastId: events })).status).toBe(400)
  })

  test('a browser of its own reconnects by itself, and comes no more when all was told', async () => {
    const lease = await working()
    const came: string[] = []
    const source = new EventSource(`${server.url}/flows/${lease.flowId}/frames`, {
      fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${admin.token}` } }),
    })
    source.addEventListener('change', ({ data }) => came.push(...placesOf([JSON.parse(data) as FrameItem])))
    await append(worker, lease, lines(1, 2))
    await eventually(() => expect(came).toEqual(places(0, 1, 2)), { deadlineMs: 8000 })
    await append(worker, lease, lines(3, 4))
    await worker.finish(lease)
    await eventually(() => expect(source.readyState).toBe(source.CLOSED), { deadlineMs: 8000 })
    expect(came).toEqual(places(0, 1, 4))
  })

  test('204 to who comes again after all was told, and what was missed to who has not', async () => {
    const lease = await working()
    await append(worker, lease, lines(1, 4))
    await worker.finish(lease)
    await using whole = await follow(lease.flowId)
    const { id: cursor } = await whole.first(isEnd)
    expect((await follow(lease.flowId, { lastId: cursor })).status).toBe(204)
    await using missed = await follow(lease.flowId, { lastId: cursor?.replace(/\d+$/, '2') })
    await missed.first(isEnd)
    expect(said(missed)).toEqual(places(0, 3, 4))
  })

  test('KEEPALIVE says something whenever nothing else was said', async () => {
    await using quick = await testServer({ databaseUrl: server.databaseUrl, settings: { keepaliveMs: 50 } })
    const lease = await working()
    await using stream = await follow(lease.flowId, { on: quick })
    await eventually(() => expect(stream.events.filter(({ comment }) => comment === 'keep-alive').length).toBeGreaterThan(2), { deadlineMs: 5000 })
  })

  test('INV-38 a flow of somebody else is unknown, as one that does not exist', async () => {
    const lease = await working()
    const submitter = await server.principal('SUBMITTER')
    expect((await follow(lease.flowId, { by: submitter })).status).toBe(404)
    expect((await follow('flow_00000000000000000000000000', { by: submitter })).status).toBe(404)
  })
})
