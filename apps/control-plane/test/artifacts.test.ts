import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { eventually } from '@sluice/testkit/db'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readBody, SenderLeft } from '../src/doors/read-body.ts'
import { byteRange } from '../src/doors/artifacts/byte-range.ts'
import { safeType } from '../src/doors/artifacts/safe-type.ts'
import type { Lease } from './frame-writer.ts'
import { createFlows, dataOf, testServer, testWorker, type Principal, type TestServer, type TestWorker } from './server.ts'

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
const base64Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64')
const hexOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const addressOf = ({ flowId }: Lease, name = 'report.md'): string => `${server.url}/flows/${flowId}/artifacts/${name}`
interface Put { name?: string; by?: Principal; headers?: Record<string, string | undefined>; query?: string }
async function put(lease: Lease, body: Uint8Array | string, { name = 'report.md', by = worker.by, headers = {}, query = '' }: Put = {}) {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  const all = {
    authorization: `Bearer ${by.token}`, 'sluice-lease': `${lease.attempt}.${lease.epoch}`, 'content-type': 'text/markdown', 'content-digest': `sha-256=:${base64Of(bytes)}:`, ...headers,
  }
  const response = await fetch(`${addressOf(lease, name)}${query}`, { method: 'PUT', body: bytes as never, headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as never })
  return { status: response.status, headers: response.headers, json: (await response.json()) as Record<string, unknown> }
}
const get = (lease: Lease, { name = 'report.md', by = admin, headers = {}, method = 'GET' }: Put & { method?: string } = {}): Promise<Response> =>
  fetch(addressOf(lease, name), { method, headers: { authorization: `Bearer ${by.token}`, ...(headers as Record<string, string>) } })

describe('PUT /flows/{id}/artifacts/{name}', () => {
  test('201 at first, 200 for the same again, 409 for another content of the same attempt', async () => {
    const lease = await working()
    const first = await put(lease, 'one')
    expect(first).toMatchObject({ status: 201, json: { id: expect.stringMatching(/^art_/), name: 'report.md', mediaType: 'text/markdown', size: 3, digest: hexOf(Buffer.from('one')), attempt: 0, url: addressOf(lease), expiresAt: null } })
    expect(first.headers.get('location')).toBe(addressOf(lease))
    expect(await put(lease, 'one')).toMatchObject({ status: 200, json: first.json })
    expect(await put(lease, 'two')).toMatchObject({ status: 409, json: { code: 'CONFLICT' } })
    expect(await (await get(lease)).text()).toBe('one')
  })

  test('a digest that is absent, of another sort or of other bytes is refused, and nothing is left', async () => {
    const lease = await working()
    for (const digest of [undefined, '', 'sha-512=:AAAA:', `sha-256=${base64Of(Buffer.from('x'))}`, 'sha-256=:AAAA:', `sha-256=:${base64Of(Buffer.from('y'))}:`]) {
      expect(await put(lease, 'x', { headers: { 'content-digest': digest } }), String(digest)).toMatchObject({ status: 400, json: { code: 'INVALID_INPUT', path: ['content-digest'] } })
    }
    expect((await get(lease)).status).toBe(404)
    expect(await put(lease, 'x', { headers: { 'content-digest': `sha-512=:AAAA:, sha-256=:${base64Of(Buffer.from('x'))}:` } })).toMatchObject({ status: 201 })
  })

  test('INV-19 only by the worker that has the lease', async () => {
    const lease = await working()
    for (const bad of [undefined, '', '0', 'x.1', `${lease.attempt}`]) expect(await put(lease, 'x', { headers: { 'sluice-lease': bad } }), String(bad)).toMatchObject({ status: 400, json: { path: ['sluice-lease'] } })
    expect(await put(lease, 'x', { headers: { 'sluice-lease': '0.99' } })).toMatchObject({ status: 409, json: { code: 'STALE_LEASE' } })
    expect(await put(lease, 'x', { by: admin })).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } })
    expect(await put(lease, 'x', { by: await server.principal('WORKER') })).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } })
    await worker.finish(lease)
    expect(await put(lease, 'x')).toMatchObject({ status: 409, json: { code: 'FLOW_ALREADY_TERMINAL' } })
    expect(await put({ ...lease, flowId: 'flow_unknown' }, 'x')).toMatchObject({ status: 404 })
  })

  test('names, encodings and times that cannot be are refused', async () => {
    const lease = await working()
    expect(await put(lease, 'x', { name: 'completion' })).toMatchObject({ status: 400, json: { path: ['name'] } })
    expect(await put(lease, 'x', { name: 'a%2Fb' })).toMatchObject({ status: 400, json: { path: ['name'] } })
    expect(await put(lease, 'x', { headers: { 'content-encoding': 'gzip' } })).toMatchObject({ status: 415 })
    expect(await put(lease, 'x', { query: '?ttl=soon' })).toMatchObject({ status: 400, json: { path: ['ttl'] } })
    const { json } = await put(lease, 'x', { query: '?ttl=2h' })
    expect(Date.parse(String(json['expiresAt'])) - Date.parse(String(json['createdAt']))).toBe(7_200_000)
  })

  test('more than 1 GiB is refused before it is read', async () => {
    const lease = await working()
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    let answer = ''
    socket.on('data', (data) => { answer += data.toString() })
    socket.write(`PUT /flows/${lease.flowId}/artifacts/big HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${worker.by.token}\r\nsluice-lease: ${lease.attempt}.${lease.epoch}\r\n` +
      `content-digest: sha-256=:${base64Of(Buffer.from('x'))}:\r\ncontent-length: ${2 ** 30 + 1}\r\n\r\nx`)
    await eventually(() => expect(answer).toMatch(/^HTTP\/1.1 413 [^]*LIMIT_EXCEEDED/))
    socket.destroy()
  })

  test('an upload that breaks off leaves nothing', async () => {
    const lease = await working()
    const before = await server.sql('SELECT count(*)::int AS n FROM artifact_chunk')
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    const bytes = randomBytes(3 * 1024 * 1024)
    socket.write(`PUT /flows/${lease.flowId}/artifacts/broken HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${worker.by.token}\r\nsluice-lease: ${lease.attempt}.${lease.epoch}\r\n` +
      `content-digest: sha-256=:${base64Of(bytes)}:\r\ncontent-length: ${bytes.length}\r\n\r\n`)
    socket.write(bytes.subarray(0, 2.5 * 1024 * 1024))
    await eventually(async () => expect((await server.sql('SELECT count(*)::int AS n FROM artifact_chunk'))[0]?.['n']).toBe(Number(before[0]?.['n']) + 2))
    socket.destroy()
    await eventually(async () => expect(await server.sql('SELECT count(*)::int AS n FROM artifact_chunk')).toEqual(before))
    expect((await get(lease, { name: 'broken' })).status).toBe(404)
    expect(server.logged.filter(({ event }) => event === 'request.failed')).toEqual([])
  })
})

describe('GET /flows/{id}/artifacts/{name}', () => {
  test('all of it, a range, its head, and nothing when it is known', async () => {
    const lease = await working()
    const bytes = randomBytes(1_500_000)
    await put(lease, bytes, { headers: { 'content-type': 'application/pdf' } })
    const whole = await get(lease)
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true)
    const etag = `"${hexOf(bytes)}"`
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'application/pdf', 'content-length': '1500000', etag, 'accept-ranges': 'bytes', 'repr-digest': `sha-256=:${base64Of(bytes)}:`,
      'content-disposition': 'attachment; filename="report.md"', 'x-content-type-options': 'nosniff', 'content-security-policy': "sandbox; default-src 'none'",
    })
    const part = await get(lease, { headers: { range: 'bytes=1048570-1048589' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1048570-1048589/1500000'])
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1_048_570, 1_048_590))).toBe(true)
    const end = await get(lease, { headers: { range: 'bytes=-5', 'if-range': etag } })
    expect([end.status, Buffer.from(await end.arrayBuffer()).equals(bytes.subarray(-5))]).toEqual([206, true])
    expect((await get(lease, { headers: { range: 'bytes=-5', 'if-range': '"other"' } })).status).toBe(200)
    const beyond = await get(lease, { headers: { range: 'bytes=1500000-' } })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */1500000'])
    const known = await get(lease, { headers: { 'if-none-match': `"x", W/${etag}` } })
    expect([known.status, await known.text(), known.headers.get('etag')]).toEqual([304, '', etag])
    const head = await get(lease, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '1500000', ''])
  })

  test('what a browser could run it gets as bytes to save, also where the address is that of a page', async () => {
    const lease = await working()
    const session = await fetch(`${server.url}/session`, { method: 'POST', body: JSON.stringify({ token: admin.token }) })
    const cookie = session.headers.getSetCookie()[0]!.split(';')[0]!
    for (const type of ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'text/xml', 'application/javascript', 'multipart/related', 'text/HTML; charset=utf-8']) {
      const name = `active-${type.replaceAll(/\W/g, '')}`
      expect((await put(lease, '<script>alert(1)</script>', { name, headers: { 'content-type': type } })).status, type).toBe(201)
      const answer = await fetch(addressOf(lease, name), { headers: { cookie, accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })
      expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition')], type).toEqual([200, 'application/octet-stream', `attachment; filename="${name}"`])
      expect(answer.headers.get('content-security-policy')).toContain('sandbox')
    }
    expect([safeType('text/plain; charset=UTF-8; x=y'), safeType('Image/PNG'), safeType('image/svg+xml'), safeType('')]).toEqual(['text/plain; charset=utf-8', 'image/png', 'application/octet-stream', 'application/octet-stream'])
  })

  test('INV-38 of a flow of somebody else there is none, and a page of another origin gets nothing', async () => {
    const lease = await working()
    await put(lease, 'secret')
    expect((await get(lease, { by: await server.principal('SUBMITTER') })).status).toBe(404)
    expect((await get(lease, { by: worker.by })).status).toBe(404)
    expect((await fetch(addressOf(lease))).status).toBe(401)
    for (const name of ['none', '%ff', 'a%2fb']) expect((await get(lease, { name })).status, name).toBe(404)
  })

  test('NUL in an address names nothing, and is refused as it is in a body', async () => {
    const lease = await working()
    for (const name of ['%00', 'a%00']) {
      const refused = await get(lease, { name })
      expect([refused.status, await refused.json()], name).toEqual([400, expect.objectContaining({ code: 'INVALID_INPUT', path: ['name'] })])
    }
  })

  test('INV-38 a worker reads what is left behind in the flow whose lease it has, and nothing else', async () => {
    await createFlows(admin, [{ kind: 'work', maxAttempts: 2 }])
    const [first] = await worker.take()
    await put(first!, 'half of it')
    await dataOf(worker.by.ask('mutation ($input: FailFlowInput!) { failFlow(input: $input) { __typename } }', { input: { lease: first, error: { code: 'X', message: 'x' } } }))
    await server.sql('UPDATE flow SET not_before = NULL, order_at = queued_at WHERE id = $1', [first!.flowId])
    const [lease] = await worker.take()
    const read = async (at: Lease, o: Put = {}) => {
      const answer = await get(at, { by: worker.by, ...o, headers: { 'sluice-lease': `${at.attempt}.${at.epoch}`, ...o.headers } })
      return [answer.status, answer.status < 300 ? await answer.text() : ((await answer.json()) as { code: string }).code]
    }
    expect(await read(lease!)).toEqual([200, 'half of it'])
    expect(await read(lease!, { headers: { range: 'bytes=0-3' } })).toEqual([206, 'half'])
    expect(await read(lease!, { name: 'none' })).toEqual([404, 'NOT_FOUND'])
    expect(await read(first!)).toEqual([409, 'STALE_LEASE'])
    expect(await read(lease!, { headers: { 'sluice-lease': 'x' } })).toEqual([400, 'INVALID_INPUT'])
    for (const stranger of ['WORKER', 'SUBMITTER'] as const) expect(await read(lease!, { by: await server.principal(stranger) })).toEqual([404, 'NOT_FOUND'])
    expect(await read(lease!, { by: await server.principal('WORKER', { scopes: ['do:claimFlows'] }) })).toEqual([404, 'NOT_FOUND'])
    expect(await read({ ...lease!, flowId: 'flow_unknown' })).toEqual([404, 'NOT_FOUND'])
    await worker.finish(lease!)
    expect(await read(lease!)).toEqual([409, 'FLOW_ALREADY_TERMINAL'])
  })

  test('one that a later attempt replaces while it is read breaks off, and the next read is whole', async () => {
    await createFlows(admin, [{ kind: 'work', maxAttempts: 2 }])
    const [lease] = await worker.take()
    const bytes = randomBytes(40 * 1024 * 1024)
    await put(lease!, bytes)
    const slow = await get(lease!)
    const reader = slow.body!.getReader()
    await reader.read()
    await dataOf(worker.by.ask('mutation ($input: FailFlowInput!) { failFlow(input: $input) { __typename } }', { input: { lease, error: { code: 'X', message: 'x' } } }))
    await server.sql('UPDATE flow SET not_before = NULL, order_at = queued_at WHERE id = $1', [lease!.flowId])
    const [next] = await worker.take()
    expect(await put(next!, 'better')).toMatchObject({ status: 201, json: { attempt: 1 } })
    await expect((async () => { while (!(await reader.read()).done); })()).rejects.toThrow('terminated')
    expect(await (await get(lease!)).text()).toBe('better')
  })

  test.each([
    ['bytes=0-0', { from: 0, to: 1 }], ['bytes=0-', { from: 0, to: 10 }], ['bytes=5-99', { from: 5, to: 10 }], ['bytes=-3', { from: 7, to: 10 }], ['bytes=-99', { from: 0, to: 10 }],
    ['bytes=10-', 'unsatisfiable'], ['bytes=-0', 'unsatisfiable'], ['bytes=5-3', null], ['bytes=0-1,3-4', null], ['lines=0-1', null], ['bytes=-', null], ['', null], [undefined, null],
  ] as const)('of ten bytes %s is %j', (header, range) => expect(byteRange(header, 10)).toEqual(range))
})

describe('Flow.artifacts and Flow.output', () => {
  const READ = 'query ($id: ID!) { flow(id: $id) { output { reason text source } artifacts { id name mediaType size digest attempt url createdAt expiresAt } } }'
  interface Found { flow: { output: { reason: string; text: string | null; source: string | null } | null; artifacts: { id: string; name: string; url: string }[] } }

  test('L-20 there is an answer, or the reason why there is none', async () => {
    const cases: [unknown, unknown][] = [['text', { reason: 'SINGLE', text: 'text', source: 'result' }], ['', { reason: 'SINGLE', text: '', source: 'result' }], [{ a: 1 }, { reason: 'NON_STRING', text: null, source: 'result' }], [null, { reason: 'NONE', text: null, source: null }]]
    for (const [result, output] of cases) {
      const lease = await working()
      expect((await dataOf(admin.ask<Found>(READ, { id: lease.flowId }))).flow.output).toBeNull()
      await worker.finish(lease, result)
      expect((await dataOf(admin.ask<Found>(READ, { id: lease.flowId }))).flow.output).toEqual(output)
    }
    const [id] = await createFlows(admin, [{ kind: 'never' }])
    await dataOf(admin.ask('mutation ($input: CancelFlowInput!) { cancelFlow(input: $input) { __typename } }', { input: { id } }))
    expect((await dataOf(admin.ask<Found>(READ, { id }))).flow.output).toEqual({ reason: 'FAILED', text: null, source: null })
  })

  test('artifacts by name, and each by its id as far as its flow may be read', async () => {
    const lease = await working()
    const made = [await put(lease, 'two', { name: 'b' }), await put(lease, 'one', { name: 'a' })].map(({ json }) => json)
    const { flow } = await dataOf(admin.ask<Found>(READ, { id: lease.flowId }))
    expect(flow.artifacts).toEqual(made.toReversed())
    expect(flow.artifacts[0]?.url).toBe(addressOf(lease, 'a'))
    const NODE = 'query ($id: ID!) { node(id: $id) { id ... on Artifact { name } } }'
    expect(await dataOf(admin.ask(NODE, { id: flow.artifacts[0]?.id }))).toEqual({ node: { id: flow.artifacts[0]?.id, name: 'a' } })
    expect(await dataOf((await server.principal('SUBMITTER')).ask(NODE, { id: flow.artifacts[0]?.id }))).toEqual({ node: null })
    expect(await dataOf(admin.ask(NODE, { id: 'art_none' }))).toEqual({ node: null })
  })
})

test('a body that trickles in is not waited for', async () => {
  const { createServer } = await import('node:http')
  const outcome = new Promise((resolve) => {
    const http = createServer((request) => void readBody(request, 100, 50).then(resolve, resolve).finally(() => http.close())).listen(0, '127.0.0.1', () => {
      const socket = connect((http.address() as { port: number }).port, '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nx')
    })
  })
  expect(await outcome).toBeInstanceOf(SenderLeft)
})
