import { openPrisma, type PrismaClient } from '@sluice/db/prisma'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeFeedCursor, feedHead } from '@sluice/engine'
import { eventually } from '@sluice/testkit/db'
import { contextFor } from '../src/graphql/server.ts'
import type { Context, Resources } from '../src/graphql/context.ts'
import { BATCH_MAX, openFeedHub, type FeedHub, type FeedListener } from '../src/live/feed-hub.ts'
import { flowEvents } from '../src/live/flow-events-stream.ts'
import { flowsChanged } from '../src/live/flows-changed-stream.ts'
import { openRights } from '../src/live/rights.ts'
import type { Progress } from '../src/live/progress.ts'
import type { LightFlow } from '../src/live/changed-flows.ts'
import { LIGHT_COLUMNS } from '../src/live/changed-flows.ts'
import { openSubscriptions, type Subscriptions } from '../src/live/subscription.ts'
import { createFlows, dataOf, testServer, type Principal, type TestServer } from './server.ts'

let server: TestServer
let prisma: PrismaClient
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  prisma = openPrisma(server.databaseUrl, { max: 2 })
  admin = await server.principal('ADMIN')
})
afterAll(async () => {
  await prisma.$disconnect()
  await server.close()
})

const AN_HOUR = 3_600_000

/** A hub that only the test wakes. */
async function handHub(pool = server.pool) {
  const logged: Record<string, unknown>[] = []
  let wake = (): void => undefined
  const on = (_word: unknown, hint: () => void): (() => void) => {
    wake = hint
    return () => undefined
  }
  const engine = { pool, wake: { on } as never, log: (entry: Record<string, unknown>) => void logged.push(entry) }
  return { hub: await openFeedHub({ engine, prisma, sweepMs: AN_HOUR }), wake: () => wake(), logged }
}

const told = (hub: FeedHub): Promise<Parameters<FeedListener>> => new Promise((resolve) => {
  const stop = hub.listen((...args) => {
    stop()
    resolve(args)
  }, () => undefined)
})

describe('the feed hub', () => {
  test('INV-34 a listener that throws is told so, and the others get the batch', async () => {
    const { hub, wake, logged } = await handHub()
    let failed = 0
    hub.listen(() => { throw new Error('bug') }, () => { failed += 1 })
    const other = told(hub)
    const [id] = await createFlows(admin, [{ kind: 'later' }])
    // Other tests of the cluster may keep the feed late.
    const waking = setInterval(wake, 50)
    expect((await other)[0]?.events.map(({ flowId }) => flowId)).toEqual([id])
    clearInterval(waking)
    expect([failed, logged]).toEqual([1, [expect.objectContaining({ event: 'feed.listener_failed', message: 'bug' })]])
    await hub.close()
  })

  test('INV-34 its cursor moves only after the listeners were told', async () => {
    const { hub, wake } = await handHub()
    const before = hub.cursor
    const seen = new Promise((resolve) => hub.listen((_batch, head) => resolve([hub.cursor, head]), () => undefined))
    await createFlows(admin, [{ kind: 'later' }])
    // One look may come while another transaction of the cluster holds the event back.
    const waking = setInterval(wake, 50)
    const [during, head] = (await seen) as [unknown, unknown]
    clearInterval(waking)
    expect(during).toEqual(before)
    expect(hub.cursor).toEqual(head)
    await hub.close()
  })

  test.each(Array.from({ length: 16 }, (_, ticks) => ticks))('a wake %i ticks after a read has ended is not lost', async (ticks) => {
    let reads = 0
    const rows = [{ flowId: null, gap: false, lagMs: 0, generation: 'g', xid: '1', position: '1' }]
    const query = (): Promise<unknown> => {
      reads += 1
      return Promise.resolve({ rows })
    }
    const { hub, wake } = await handHub({ query } as never)
    wake()
    for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve()
    const before = reads
    wake()
    await new Promise((resolve) => setImmediate(resolve))
    expect(reads).toBeGreaterThan(before)
    await hub.close()
  })
})

/** A hub and a source of progress that the test itself speaks through. */
async function handSources() {
  const head = (await handHub()).hub.cursor
  const hubListeners = new Map<FeedListener, () => void>()
  const listeners = new Set<(rows: LightFlow[]) => void>()
  const hub: FeedHub = {
    cursor: head, lagMs: 0, close: () => Promise.resolve(),
    listen: (listener, failed) => {
      hubListeners.set(listener, failed)
      return () => void hubListeners.delete(listener)
    },
  }
  const progress: Progress = {
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: () => undefined,
  }
  const rights = openRights({ ...server.deps, wake: { on: () => () => undefined } as never })
  const subscriptions: Subscriptions = openSubscriptions({ limit: 100, rights })
  return {
    head, hubListeners, sources: { hub, progress, subscriptions }, rights, subscriptions,
    tell: (rows: LightFlow[]) => listeners.forEach((listener) => listener(rows)),
    batch: (flows: LightFlow[], position: string) => {
      const place = { xid: String(BigInt(head.xid) + 1n), position }
      const batch = { cursor: { ...head, ...place }, events: [], waits: [], flows: flows.map((row) => ({ row, ...place })) }
      hubListeners.forEach((_failed, listener) => listener(batch, batch.cursor))
    },
    gap: () => hubListeners.forEach((_failed, listener) => listener(null, head)),
  }
}

async function contextOf(by: Principal, pool = server.pool): Promise<Context> {
  const { rows: [row] } = await server.pool.query<{ roles: never[] }>('SELECT roles::text[] AS roles FROM principal WHERE id = $1', [by.id])
  const viewer = { principalId: by.id, name: 'x', roles: row?.roles ?? [], scopes: [], tokenId: by.tokenId, sessionId: null, expiresAt: null }
  const resources = { deps: { ...server.deps, pool }, prisma, live: {}, pages: { default: 50, max: 200 } } as unknown as Resources
  return contextFor(resources, { viewer, address: null, signal: new AbortController().signal })
}

const light = (id: string): Promise<LightFlow> => prisma.flow.findUniqueOrThrow({ where: { id }, select: LIGHT_COLUMNS })
const none = { filter: {}, after: null }

describe('flowsChanged', () => {
  test('INV-34 progress never moves a waiting event behind a newer cursor', async () => {
    const [a, b] = await createFlows(admin, [{ kind: 'progressive' }, { kind: 'progressive' }])
    const [flowA, flowB] = [await light(a!), await light(b!)]
    const { sources, tell, batch, rights } = await handSources()
    const stream = flowsChanged(sources, { ...none, ctx: await contextOf(admin) })
    await stream.next()
    batch([flowA], '1')
    batch([flowB], '2')
    tell([{ ...flowA, title: 'moved' }])
    const [first, second] = [(await stream.next()).value, (await stream.next()).value]
    expect([first?.flow?.id, first?.flow?.row.title, second?.flow?.id]).toEqual([a, 'moved', b])
    expect([first?.cursor.endsWith('.1'), second?.cursor.endsWith('.2')]).toEqual([true, true])
    await stream.return?.()
    rights.close()
  })

  test('INV-34 progress that was read before an event does not take that event back', async () => {
    const [a] = await createFlows(admin, [{ kind: 'progressive' }])
    const flow = await light(a!)
    const { sources, tell, batch, rights } = await handSources()
    const stream = flowsChanged(sources, { ...none, ctx: await contextOf(admin) })
    await stream.next()
    batch([{ ...flow, title: 'ended', lastSequence: 5 }], '1')
    tell([{ ...flow, title: 'working', lastSequence: 4 }])
    expect((await stream.next()).value?.flow?.row.title).toBe('ended')
    await stream.return?.()
    rights.close()
  })

  test('INV-34 an end that drops what waits carries the cursor of the last item that was read', async () => {
    const [a, b] = await createFlows(admin, [{ kind: 'dropped' }, { kind: 'dropped' }])
    const { sources, batch, subscriptions, rights } = await handSources()
    const stream = flowsChanged(sources, { ...none, ctx: await contextOf(admin) })
    await stream.next()
    batch([await light(a!)], '1')
    const read = (await stream.next()).value
    batch([await light(b!)], '2')
    subscriptions.endAll()
    expect((await stream.next()).value).toMatchObject({ kind: 'END', end: 'SHUTDOWN', cursor: read?.cursor })
    rights.close()
  })

  test('INV-34 a gap whose snapshot fails ends the subscription and not the process', async () => {
    let broken = false
    const pool = new Proxy(server.pool, { get: (target, key) => {
      if (key === 'query' || key === 'connect') return broken ? () => Promise.reject(new Error('away')) : (target[key] as () => unknown).bind(target)
      return Reflect.get(target, key) as unknown
    } })
    const { sources, gap, rights } = await handSources()
    const stream = flowsChanged(sources, { ...none, ctx: await contextOf(admin, pool) })
    await stream.next()
    broken = true
    gap()
    expect((await stream.next()).value).toMatchObject({ kind: 'END', end: 'SHUTDOWN' })
    expect(server.logged).toContainEqual(expect.objectContaining({ event: 'subscription.failed', message: 'away' }))
    rights.close()
  })

  test('INV-34 a reader that is catching up when retention overtakes it is told of the gap', async () => {
    const from = await headBehind()
    await createFlows(admin, Array.from({ length: BATCH_MAX + 50 }, () => ({ kind: 'purged' })))
    const joined = await headBehind()
    let reads = 0
    const pool = new Proxy(server.pool, { get: (target, key) => {
      const value = Reflect.get(target, key) as unknown
      if (key !== 'query') return typeof value === 'function' ? value.bind(target) : value
      return async (statement: { name?: string }) => {
        if (statement.name === 'readFeed' && (reads += 1) === 2) await target.query('UPDATE system_state SET horizon_xid = $1, horizon_position = $2', [joined.xid, joined.position])
        return target.query(statement as never)
      }
    } })
    const { sources, rights } = await handSources()
    const stream = flowsChanged({ ...sources, hub: { ...sources.hub, cursor: joined } }, { filter: {}, after: encodeFeedCursor(from), ctx: await contextOf(admin, pool) })
    expect((await stream.next()).value).toMatchObject({ kind: 'SNAPSHOT', gap: false })
    for (let read = 0; read < BATCH_MAX; read += 1) expect((await stream.next()).value).toMatchObject({ kind: 'CHANGE' })
    expect((await stream.next()).value).toMatchObject({ kind: 'SNAPSHOT', gap: true, cursor: encodeFeedCursor(joined) })
    await stream.return?.()
    rights.close()
  })

  /** The feed's head once it holds all that was committed: other tests of the cluster may keep it late. */
  const headBehind = () => eventually(async () => {
    const head = await feedHead(server.pool)
    expect((await server.pool.query('SELECT 1 FROM flow_event WHERE (xid, position) > ($1::bigint, $2::bigint)', [head.xid, head.position])).rowCount).toBe(0)
    return head
  })
})

describe('flowEvents', () => {
  test('INV-34 progress before the snapshot is not shown: there is no place yet to continue from', async () => {
    const [id] = await createFlows(admin, [{ kind: 'early' }])
    const row = await light(id!)
    await dataOf(admin.ask('mutation ($input: SetFlowPriorityInput!) { setFlowPriority(input: $input) { __typename } }', { input: { id, priority: 1 } }))
    const { sources, tell, rights } = await handSources()
    const stream = await flowEvents(sources, { id: id!, after: null, ctx: await contextOf(admin) })
    const snapshot = stream.next()
    tell([row])
    expect((await snapshot).value).toMatchObject({ kind: 'SNAPSHOT' })
    const next = stream.next()
    tell([row])
    expect((await next).value?.cursor).toMatch(/\.2$/)
    await stream.return?.()
    rights.close()
  })
})
