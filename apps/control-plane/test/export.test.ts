import { get, type IncomingMessage } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { eventually } from '@sluice/testkit/db'
import { parse } from 'csv-parse/sync'
import { isObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXPORT_LISTS } from '../src/doors/export/export-lists.ts'
import { Components, Describer } from '../src/doors/rest/json-schema.ts'
import { schema } from '../src/graphql/schema.ts'
import { rest } from './rest-client.ts'
import { createFlows, dataOf, testServer, testWorker, type Principal, type TestServer } from './server.ts'
import { answer, waitWorld } from './waits.ts'
import { command, makeEndpoint } from './webhooks.ts'

let server: TestServer
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())

const rowsOf = (text: string): Record<string, unknown>[] => text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
const csvOf = (text: string): Record<string, string>[] => parse(text, { columns: true, relax_quotes: false })
const exported = (address: string, by = admin) => rest(server, `GET /export/${address}`, { by })

describe('a list', () => {
  test('of flows comes whole by the filter of the list, in its order, and says that it is complete', async () => {
    const ids = await createFlows(admin, Array.from({ length: 250 }, (_, n) => ({ kind: n % 2 === 0 ? 'even' : 'odd', input: { n } })))
    const even = ids.filter((_id, n) => n % 2 === 0)
    const answered = await exported('flows?kind=even&status=QUEUED&orderBy=CREATED_ASC')
    const rows = rowsOf(answered.text)
    expect(rows.at(-1)).toEqual({ end: 'COMPLETE', rows: 125 })
    expect(rows.slice(0, -1).map(({ id }) => id)).toEqual(even)
    expect(Object.fromEntries(answered.headers)).toMatchObject({ 'content-type': 'application/x-ndjson; charset=utf-8', 'content-disposition': 'attachment; filename="flows.ndjson"' })
    const csv = csvOf((await exported('flows?kind=even&orderBy=CREATED_ASC&format=csv')).text)
    expect(csv.map(({ id }) => id)).toEqual(even)
    expect(csv[0]).toMatchObject({ kind: 'even', 'lane.name': 'default', 'owner.id': admin.id, labels: '{}', terminalReason: '' })
    expect(csv[0]).not.toHaveProperty('input')
  })

  test('of flows brings input and result when asked', async () => {
    const worker = await testWorker(server, { kind: 'full' })
    const [id] = await createFlows(admin, [{ kind: 'full', input: { a: 'b' } }])
    const [lease] = await worker.take()
    await worker.finish(lease!, { words: 3 })
    expect(rowsOf((await exported('flows?kind=full&input=true&result=true')).text)[0]).toMatchObject({ id, input: { a: 'b' }, result: { words: 3 } })
    expect(csvOf((await exported('flows?kind=full&input=true&result=true&format=csv')).text)[0]).toMatchObject({ id, input: '{"a":"b"}', result: '{"words":3}' })
    expect(csvOf((await exported('flows?kind=full&input=true&format=csv')).text)[0]).not.toHaveProperty('result')
  })

  test('that is empty is a header, or an end', async () => {
    expect((await exported('flows?kind=nothing')).text).toBe('{"end":"COMPLETE","rows":0}\n')
    expect((await exported('flows?kind=nothing&format=csv')).text).toMatch(/^id,kind,title[^\n]*\r\n$/)
  })

  test.each([
    ['queue', 'id'], ['lanes', 'name'], ['workers', 'id'], ['kinds', 'name'], ['caps', 'scope'], ['audit', 'id'], ['principals', 'id'], ['tokens', 'id'], ['endpoints', 'id'], ['operations', 'id'],
  ])('of %s comes in both formats with the same rows', async (name, key) => {
    await dataOf(admin.ask('mutation ($input: SetCapInput!) { setCap(input: $input) { __typename } }', { input: { maxActive: 1000, reason: 'export' } }))
    await makeEndpoint(admin)
    await command(admin, 'replayWebhookDeliveries', { filter: {} }, '__typename')
    const rows = rowsOf((await exported(name)).text)
    const csv = csvOf((await exported(`${name}?format=csv`)).text)
    expect(csv.map((row) => row[key])).toEqual(rows.slice(0, -1).map((row) => row[key]))
    expect(rows.at(-1)).toEqual({ end: 'COMPLETE', rows: csv.length })
    expect(csv.length).toBeGreaterThan(0)
  })

  test('of audit takes the filter of the audit', async () => {
    const rows = rowsOf((await exported('audit?action=setCap')).text)
    expect(new Set(rows.slice(0, -1).map(({ action }) => action))).toEqual(new Set(['setCap']))
    expect(rowsOf((await exported('audit?action=nothing')).text)).toHaveLength(1)
  })

  test('INV-31 of tokens holds no secret', async () => {
    expect((await exported('tokens')).text).not.toContain(admin.token)
  })

  test('INV-35 brings a submitter its own flows only', async () => {
    const submitter = await server.principal('SUBMITTER')
    const [own] = await createFlows(submitter, [{ kind: 'own' }])
    expect(rowsOf((await exported('flows', submitter)).text).flatMap(({ id }) => id ?? [])).toEqual([own])
    expect(rowsOf((await exported('queue', submitter)).text).flatMap(({ id }) => id ?? [])).toEqual([own])
  })
})

describe('what a row holds', () => {
  // What is a list of its own, what only says that another field is there, and what is asked for elsewhere.
  const LEFT_OUT: Record<string, string[]> = {
    flows: ['artifacts', 'attempts', 'currentAttempt', 'deliveries', 'events', 'frames', 'inputs', 'openWaitpoint', 'output', 'progress', 'queue', 'remembered', 'waitpoints'],
    queue: [
      'artifacts', 'attempts', 'currentAttempt', 'deliveries', 'error', 'events', 'frames', 'input', 'inputs', 'openWaitpoint', 'output', 'progress', 'remembered', 'result', 'waitpoints',
    ],
    workers: ['currentAttempts'], kinds: ['hasInputSchema'],
    deliveries: ['canReplay', 'cannotReplayReason', 'event'], endpoints: ['deletedAt', 'deliveries'], operations: ['refusals'],
  }

  test.each(EXPORT_LISTS)('of $name is all that its type has', ({ name, document, rows }) => {
    const { properties, description } = new Describer(new Components(), document).at(document.operation, rows) as { properties: object; description: string }
    const type = Object.values(schema.getTypeMap()).find((one) => isObjectType(one) && one.description === description)
    const missing = isObjectType(type) ? Object.keys(type.getFields()).filter((field) => !Object.hasOwn(properties, field)) : ['no type']
    expect(missing.toSorted()).toEqual(LEFT_OUT[name] ?? [])
  })
})

describe('CSV', () => {
  test('quotes what RFC 4180 quotes, and no cell begins a formula', async () => {
    const titles = ['=1+1', '+cmd', '-2', '@SUM(A1)', '\tx', 'a,b', 'say "hi"', 'two\nlines', 'two\r\nlines', '=HYPERLINK("http://x","y")', 'ünï ☃', "'quoted", 'plain']
    await createFlows(admin, titles.map((title) => ({ kind: 'formula', title, labels: { '=key': '=value' } })))
    const { text } = await exported('flows?kind=formula&orderBy=CREATED_ASC&format=csv')
    const stored = titles.map((title) => title.trim())
    expect(csvOf(text).map(({ title }) => title)).toEqual(stored.map((title) => (/^[=+\-@\t\r]/.test(title) ? `'${title}` : title)))
    expect(csvOf(text)[0]?.['labels']).toBe('{"=key":"=value"}')
    expect(csvOf(text).flatMap((row) => Object.values(row)).filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([])
  })
})

describe('one flow', () => {
  test('comes with all of its events and attempts', async () => {
    const worker = await testWorker(server, { kind: 'whole' })
    const [id] = await createFlows(admin, [{ kind: 'whole', input: { a: 1 } }])
    for (let n = 0; n < 130; n += 1) await server.sql(`INSERT INTO flow_event (flow_id, sequence, type, actor, at, payload, xid) SELECT $1, last_sequence + 1, 'flow.priority_changed', 'system', clock_timestamp(), '{}', pg_current_xact_id()::text::bigint FROM flow WHERE id = $1`, [id]).then(() => server.sql('UPDATE flow SET last_sequence = last_sequence + 1 WHERE id = $1', [id]))
    const [lease] = await worker.take()
    await worker.finish(lease!, { done: true })
    const { status, json } = await exported(`flows/${id}`)
    expect(status).toBe(200)
    expect(json['flow']).toMatchObject({ id, url: `/flows/${id}`, status: 'FINISHED', input: { a: 1 }, result: { done: true } })
    expect(json.events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 134 }, (_, n) => n + 1))
    expect(json['attempts']).toMatchObject([{ index: 0, worker: { id: worker.workerId }, endReason: expect.any(String) }])
    expect([json['inputs'], json['waitpoints']]).toEqual([[], []])
  })

  test('INV-31 comes with what was added to it and what it asked and was answered, part by part, and with no token', async () => {
    const waits = await waitWorld(server)
    const { lease, ...made } = await waits.waiting(admin, { prompt: 'Send it?', fields: { type: 'object' } })
    await answer(admin, { id: made.waitpoint.id, payload: { a: 1 } })
    const more = []
    for (let n = 0; n < 45; n += 1) more.push((await waits.make(lease, { key: `ask ${n}` })).waitpoint.id)
    await server.sql(`INSERT INTO flow_input (id, flow_id, author, content, bytes, state, created_at)
      SELECT 'fin_' || n, $1, $2, to_json(n), 1, 'REMOVED', clock_timestamp() - n * interval '1 s' FROM generate_series(1, 12) n`, [lease.flowId, admin.id])
    const { json, text } = await exported(`flows/${lease.flowId}`)
    expect((json['inputs'] as { content: number }[]).map(({ content }) => content)).toEqual(Array.from({ length: 12 }, (_, n) => 12 - n))
    expect(json['inputs']).toMatchObject([{ id: 'fin_12', author: admin.id, state: 'REMOVED', attempt: null }, ...Array.from({ length: 11 }, () => ({}))])
    const waitpoints = json['waitpoints'] as { id: string }[]
    expect(waitpoints.map(({ id }) => id)).toEqual([made.waitpoint.id, ...more])
    expect(waitpoints[0]).toMatchObject({ key: 'ask', state: 'SATISFIED', prompt: 'Send it?', answer: { decision: 'approve', payload: { a: 1 }, by: admin.id } })
    expect(text).not.toContain('wt1.')
  })

  test('INV-38 of somebody else there is none', async () => {
    const [id] = await createFlows(admin, [{ kind: 'own' }])
    expect((await exported(`flows/${id}`, await server.principal('SUBMITTER'))).status).toBe(404)
  })
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** What is really held: heap, buffers and what lies outside, after a collection. */
function heldBytes(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** How many pages of flows this server has read since. */
function countPages(): () => number {
  let pages = 0
  const query = server.pool.query.bind(server.pool) as (...asked: unknown[]) => unknown
  server.pool.query = ((...asked: unknown[]) => {
    if ((asked[0] as { name?: string }).name?.startsWith('listFlows')) pages += 1
    return query(...asked)
  }) as never
  return () => pages
}

/** A reader that takes nothing until it is told to. */
const hold = (address: string, by: Principal, url = server.url): Promise<IncomingMessage> =>
  new Promise((resolve) => void get(`${url}/export/${address}`, { agent: false, headers: { authorization: `Bearer ${by.token}` } }, (response) => resolve(response.pause())))

const readAll = (response: IncomingMessage): Promise<{ text: string; complete: boolean; trailers: NodeJS.Dict<string> }> => new Promise((resolve) => {
  let text = ''
  response.setEncoding('utf8').on('data', (part: string) => (text += part)).on('error', () => undefined)
  response.once('close', () => resolve({ text, complete: response.complete, trailers: response.trailers }))
})

describe('a reader that is slow', () => {
  const MANY = 20_000
  const FAT = 'v'.repeat(250)
  beforeAll(async () => {
    await createFlows(admin, [{ kind: 'many', labels: Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`k${n}`, FAT])) }])
    const columns = (await server.sql(`SELECT string_agg(format('%I', column_name), ', ') AS names FROM information_schema.columns WHERE table_name = 'flow' AND is_generated = 'NEVER' AND column_name NOT IN ('id', 'created_at')`))[0]?.['names'] as string
    await server.sql(`INSERT INTO flow (id, created_at, ${columns}) SELECT 'flow_' || lpad(n::text, 26, '0'), created_at + n * interval '1 ms', ${columns} FROM flow, generate_series(1, ${MANY - 1}) n WHERE kind = 'many'`)
    await server.sql('ANALYZE flow')
  }, 60_000)

  test('INV-36 costs bounded memory: what it has not taken was not read, however much follows', async () => {
    // What is loaded by the first request is nobody's export.
    await exported('flows?kind=nothing')
    const before = heldBytes()
    const pages = countPages()
    const read = await hold('flows?kind=many', admin)
    // The network holds some of it; then nothing more is read, while the reader takes nothing.
    const stalled = await eventually(async () => {
      const asked = pages()
      await dataOf(admin.ask('{ flows(first: 100, filter: { kind: ["many"] }) { edges { node { id labels } } } }'))
      expect(pages()).toBe(asked + 1)
      return asked
    })
    expect(stalled).toBeLessThan(MANY / 100 / 2)
    // Against what was held before, some of which may have been let go of since.
    let most = -Infinity
    let size = 0
    let parts = 0
    let tail = ''
    for await (const part of read as AsyncIterable<Buffer>) {
      size += part.length
      tail = (tail + part.toString('utf8')).slice(-200)
      parts += 1
      if (parts % 400 === 0) most = Math.max(most, heldBytes() - before)
    }
    expect(tail).toMatch(/\{"end":"COMPLETE","rows":20000\}\n$/)
    expect(read.trailers).toEqual({ 'export-end': 'COMPLETE', 'export-rows': String(MANY) })
    expect(size).toBeGreaterThan(40_000_000)
    expect(most).not.toBe(-Infinity)
    expect(most).toBeLessThan(25_000_000)
  }, 60_000)

  test('INV-35 is cut when its right is revoked: the text has no end and the connection breaks', async () => {
    const viewer = await server.principal('VIEWER')
    for (const format of ['ndjson', 'csv']) {
      const one = format === 'ndjson' ? viewer : await server.principal('VIEWER')
      const reading = await hold(`flows?kind=many&format=${format}`, one)
      await dataOf(admin.ask('mutation ($input: TokenIdInput!) { revokeApiToken(input: $input) { __typename } }', { input: { id: one.tokenId } }))
      const { text, complete, trailers } = await readAll(reading.resume())
      expect([complete, trailers]).toEqual([false, {}])
      expect(text).not.toContain('COMPLETE')
    }
  }, 30_000)

  test('is cut by a stopping server, which says so', async () => {
    const stopping = await testServer({ databaseUrl: server.databaseUrl })
    const reading = await hold('flows?kind=many', admin, stopping.url)
    const all = readAll(reading)
    const closed = stopping.close()
    reading.resume()
    const { text, complete } = await all
    await closed
    expect(complete).toBe(false)
    expect(text).not.toContain('COMPLETE')
    expect(text).toMatch(/\{"end":"SHUTDOWN","rows":\d+\}\n$/)
  }, 30_000)

  test('is cut when the database fails, and what is missing is not taken for the end', async () => {
    const reading = await hold('flows?kind=many&format=csv', admin)
    await server.sql('ALTER TABLE flow RENAME TO hidden_flow')
    try {
      expect(await readAll(reading.resume())).toMatchObject({ complete: false, trailers: {} })
      expect(server.logged).toContainEqual(expect.objectContaining({ event: 'export.failed' }))
    } finally {
      await server.sql('ALTER TABLE hidden_flow RENAME TO flow')
    }
  }, 30_000)
})
