import { request as httpRequest } from 'node:http'
import { findBrowser } from '@sluice/testkit/world'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { testServer, type Principal, type TestServer } from './server.ts'
import { answer, waitWorld, type WaitWorld } from './waits.ts'

let server: TestServer
let w: WaitWorld
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  w = await waitWorld(server)
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())

const FIELDS = { type: 'object', required: ['amount'], properties: { amount: { type: 'integer', title: 'Amount', minimum: 0 }, note: { type: 'string' }, how: { enum: ['cash', 'card'] }, urgent: { type: 'boolean' } } }
const post = (token: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${server.url}/waitpoints/${token}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) })
const form = (token: string, fields: Record<string, string>): Promise<Response> =>
  post(token, new URLSearchParams(fields).toString(), { 'content-type': 'application/x-www-form-urlencoded' })
const statusOf = async (id: string): Promise<unknown> => (await server.sql('SELECT status FROM flow WHERE id = $1', [id]))[0]?.['status']
const everything = async (id: string) => JSON.stringify([await server.sql('SELECT f.*, f.xmin::text FROM flow f WHERE id = $1', [id]), await server.sql('SELECT w.*, w.xmin::text FROM waitpoint w WHERE flow_id = $1', [id]), await server.sql('SELECT * FROM signal WHERE flow_id = $1', [id])])

describe('POST /waitpoints/{token}', () => {
  test('answers once, with no other sign-in; the same key again gets the first answer, anything else the 404 of any wrong token', async () => {
    const { token, lease, waitpoint } = await w.waiting(admin)
    const parked = w.beat([lease], { waitMs: 20_000 })
    const body = { decision: 'approve', payload: { note: 'fine' }, idempotencyKey: 'once' }
    const first = await post(token, body)
    expect([first.status, first.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const told = await first.json()
    expect(told).toEqual({ waitpoint: { id: waitpoint.id, key: 'ask', kind: 'APPROVAL', state: 'SATISFIED', decision: 'approve', answeredAt: expect.any(String) }, status: 'RUNNING' })
    expect(await parked).toMatchObject({ answered: [{ waitpoint: { answer: { payload: { note: 'fine' } } } }] })
    const again = await post(token, { ...body, decision: 'reject' })
    expect([again.status, await again.json()]).toEqual([200, told])
    expect((await post(token, { decision: 'approve' })).status).toBe(404)
    expect(await server.sql('SELECT count(*)::int AS n FROM signal WHERE flow_id = $1', [lease.flowId])).toEqual([{ n: 1 }])
    expect(await server.sql(`SELECT principal_id, address IS NOT NULL AS address, after->>'by' AS by FROM audit_entry WHERE target = $1`, [waitpoint.id])).toEqual([{ principal_id: null, address: true, by: 'token' }])
  })

  test('INV-24 whatever is wrong with a token is one and the same 404', async () => {
    const [used, expired, ended, open] = [await w.waiting(admin), await w.waiting(admin, { timeoutSeconds: 60 }), await w.waiting(admin), await w.waiting(admin)]
    await answer(admin, { id: used.waitpoint.id })
    await answer(admin, { id: ended.waitpoint.id })
    await w.beat([ended.lease], { acknowledged: [ended.waitpoint.id] })
    await w.worker.finish(ended.lease)
    const [version, kid, id, , mac] = expired.token.split('.')
    const other = open.token.split('.')
    const wrong = [
      used.token, ended.token, 'x', 'wt1.', '%00', '%', 'a'.repeat(2000), `${open.token}x`, open.token.slice(0, -1), open.token.toUpperCase(),
      [version, kid, id, String(Math.floor(Date.now() / 1000) - 1), mac].join('.'), [version, kid, id, '0', mac].join('.'), [version, 'deadbeef', id, other[3], other[4]].join('.'),
      [version, kid, '00000000000000000000000000', other[3], other[4]].join('.'), [version, kid, other[2], other[3], mac].join('.'),
    ]
    const answers = await Promise.all(wrong.map(async (token) => {
      const refused = await post(token, { decision: 'approve' })
      return JSON.stringify([refused.status, refused.headers.get('content-type'), await refused.text()])
    }))
    expect(new Set(answers)).toEqual(new Set([JSON.stringify([404, 'application/problem+json', JSON.stringify({ type: 'about:blank', title: 'Not Found', status: 404, detail: 'There is no such waitpoint.', code: 'NOT_FOUND' })])]))
    const pages = await Promise.all(wrong.map(async (token) => {
      const page = await fetch(`${server.url}/waitpoints/${token}`)
      return `${page.status} ${(await page.text()).replace(/nonce="[^"]+"/, '')}`
    }))
    expect(new Set(pages).size).toBe(1)
    expect(pages[0]).toMatch(/^404 .*Nothing is asked here/s)
    for (const { lease } of [open, expired]) expect(await statusOf(lease.flowId)).toBe('WAITING')
  })

  test('a token whose instant has passed is worth nothing, though it was signed', async () => {
    const lease = await w.working(admin)
    const made = await w.make(lease, { timeoutSeconds: 1 })
    // As if it had waited, and nobody had closed it yet.
    await server.sql(`UPDATE waitpoint SET created_at = created_at - interval '31 days', timeout_at = created_at - interval '31 days' WHERE id = $1`, [made.waitpoint.id])
    const old = await w.make(lease)
    expect(old.token).not.toBe(made.token)
    expect((await post(old.token, { decision: 'approve' })).status).toBe(404)
    expect((await post(made.token, { decision: 'approve' })).status).toBe(200)
    await w.worker.finish(lease)
  })

  test('a token lives as long as its wait, however long after it was made the wait begins', async () => {
    const lease = await w.working(admin)
    const made = await w.make(lease, { timeoutSeconds: 3600 })
    const age = (days: number) => server.sql(`UPDATE waitpoint SET created_at = created_at - $2 * interval '1 day' WHERE id = $1`, [made.waitpoint.id, days])
    await age(29)
    const [week, again] = [await w.make(lease), await w.make(lease)]
    expect(again.token).toBe(week.token)
    await age(36)
    const late = await w.make(lease)
    expect(late.token).not.toBe(week.token)
    await w.suspend(lease, made.waitpoint.id)
    expect((await post(late.token, { decision: 'approve' })).status).toBe(200)
    await w.worker.finish(lease)
  })

  test.each([
    ['a decision that is not allowed', { decision: 'maybe', payload: { amount: 1 } }, 422, { code: 'INVALID_DECISION' }],
    ['a payload that does not fit', { decision: 'approve', payload: { amount: 'x' } }, 422, { code: 'INVALID_INPUT', path: ['payload', 'amount'] }],
    ['no payload where one is asked for', { decision: 'approve' }, 422, { code: 'INVALID_INPUT' }],
    ['a field that there is not', { decision: 'approve', payloads: {} }, 422, { code: 'INVALID_INPUT', path: ['payloads'] }],
    ['no decision', { payload: { amount: 1 } }, 422, { code: 'INVALID_INPUT', path: ['decision'] }],
    ['NUL', { decision: 'approve', payload: { amount: 1, note: '\u0000' } }, 422, { code: 'INVALID_INPUT', path: ['payload', 'note'] }],
    ['half of a surrogate pair', { decision: 'approve', payload: { amount: 1, note: '\ud800' } }, 422, { code: 'INVALID_INPUT' }],
    ['more than 64 KiB', { decision: 'approve', payload: { amount: 1, note: 'x'.repeat(65 * 1024) } }, 422, { code: 'LIMIT_EXCEEDED' }],
    ['a key that is too long', { decision: 'approve', payload: { amount: 1 }, idempotencyKey: 'x'.repeat(257) }, 422, { code: 'LIMIT_EXCEEDED' }],
    ['no JSON', '{ decision', 400, { code: 'INVALID_INPUT' }], ['no object', '[]', 400, { code: 'INVALID_INPUT' }], ['nothing', '', 400, { code: 'INVALID_INPUT' }],
  ])('INV-24 %s is refused and changes nothing', async (_what, body, status, problem) => {
    const { token, lease } = await w.waiting(admin, { fields: FIELDS })
    const before = await everything(lease.flowId)
    const refused = await post(token, body)
    expect([refused.status, await refused.json()]).toEqual([status, expect.objectContaining(problem)])
    expect(await everything(lease.flowId)).toBe(before)
  })

  test('takes JSON and forms and nothing else, no more than 256 KiB, and no other method', async () => {
    const { token, lease } = await w.waiting(admin)
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/json; charset=latin1']) {
      expect((await post(token, '{"decision":"approve"}', { 'content-type': type })).status).toBe(415)
    }
    expect((await post(token, JSON.stringify({ decision: 'approve', payload: 'x'.repeat(300 * 1024) }))).status).toBe(413)
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const refused = await fetch(`${server.url}/waitpoints/${token}`, { method })
      expect([refused.status, refused.headers.get('allow'), refused.headers.get('access-control-allow-origin')]).toEqual([405, 'GET, HEAD, POST', null])
    }
    expect(await statusOf(lease.flowId)).toBe('WAITING')
  })

  test.each(['{"decision":"approve"}', ' \n{ "decision": "approve", "payload": { "note": "a=b&c" } }', '[]'])('JSON that says it is a form, as curl does by itself, is no answer: 415 says which type to send (%j)', async (body) => {
    const { token, lease } = await w.waiting(admin)
    const before = await everything(lease.flowId)
    const refused = await post(token, body, { 'content-type': 'application/x-www-form-urlencoded' })
    expect([refused.status, refused.headers.get('content-type'), await refused.json()]).toEqual([415, 'application/problem+json', expect.objectContaining({ code: 'UNSUPPORTED_MEDIA_TYPE', detail: expect.stringContaining('`Content-Type: application/json`') })])
    expect(await everything(lease.flowId)).toBe(before)
  })

  test('of many at once one is accepted', async () => {
    const { token, lease } = await w.waiting(admin)
    const answers = await Promise.all(Array.from({ length: 8 }, async (_one, n) => (await post(token, { decision: n % 2 ? 'approve' : 'reject' })).status))
    expect(answers.toSorted()).toEqual([200, 404, 404, 404, 404, 404, 404, 404])
    expect(await statusOf(lease.flowId)).toBe('RUNNING')
  })

  test('INV-31 no line of the log has a token', async () => {
    const { token } = await w.waiting(admin)
    await post(token, { decision: 'maybe' })
    await post(token, { decision: 'approve' })
    await fetch(`${server.url}/waitpoints/${token}`)
    const lines = server.logged.filter(({ door }) => door === 'waitpoints')
    expect(lines).toContainEqual(expect.objectContaining({ path: '/waitpoints/…', status: 422, method: 'POST' }))
    expect(JSON.stringify(server.logged)).not.toContain(token.split('.')[4])
  })
})

describe('GET /waitpoints/{token}', () => {
  test('shows what is asked, and changes nothing, as HEAD does, however often: mail scanners follow links', async () => {
    const { token, lease, url } = await w.waiting(admin, { prompt: 'Pay <b>now</b> & here?', fields: FIELDS, timeoutSeconds: 3600 })
    const before = await everything(lease.flowId)
    const page = await fetch(url)
    const text = await page.text()
    expect(page.status).toBe(200)
    expect(text).toContain('Pay &#60;b&#62;now&#60;/b&#62; &#38; here?')
    expect(text).not.toMatch(/<script|https?:\/\//)
    const policy = page.headers.get('content-security-policy') ?? ''
    const [, nonce] = /'nonce-([^']+)'/.exec(policy) ?? []
    expect(text).toContain(`<style nonce="${nonce}">`)
    expect(policy.replace(nonce!, 'N')).toBe("default-src 'none'; style-src 'nonce-N'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
    expect(Object.fromEntries(page.headers)).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex, nofollow', 'x-content-type-options': 'nosniff' })
    for (let n = 0; n < 3; n++) {
      const head = await fetch(url, { method: 'HEAD', headers: { accept: 'text/html' } })
      expect([head.status, await head.text(), head.headers.get('set-cookie')]).toEqual([200, '', null])
      await (await fetch(url)).text()
    }
    expect(await everything(lease.flowId)).toBe(before)
    expect((await post(token, { decision: 'approve', payload: { amount: 1 } })).status).toBe(200)
    expect((await fetch(url)).status).toBe(404)
  })

  test('its form answers; what does not fit is said and what was typed is kept; sent twice it is one answer', async () => {
    const { token, lease, waitpoint } = await w.waiting(admin, { fields: FIELDS })
    const wrong = await form(token, { decision: 'approve', idempotencyKey: 'page', 'payload.amount': '1.5', 'payload.note': 'a "quoted" note' })
    expect(wrong.status).toBe(422)
    const text = await wrong.text()
    expect(text).toContain('role="alert">Not sent: <a href="#field-0">Amount</a> must be a whole number.')
    expect(text).toContain('<strong class="problem" id="field-0-problem">Must be a whole number.</strong>')
    expect(text).not.toContain('payload.amount must')
    expect(text).toContain('a &#34;quoted&#34; note')
    expect(text).toContain('value="1.5"')
    const fields = { decision: 'approve', idempotencyKey: 'page', 'payload.amount': '2', 'payload.note': '', 'payload.how': 'card', 'payload.urgent': 'on' }
    for (let n = 0; n < 2; n++) {
      const done = await form(token, fields)
      expect([done.status, await done.text()]).toEqual([200, expect.stringContaining('The answer is <strong>approve</strong>')])
    }
    expect(await server.sql('SELECT payload FROM waitpoint WHERE id = $1', [waitpoint.id])).toEqual([{ payload: { amount: 2, how: 'card', urgent: true } }])
    expect(await statusOf(lease.flowId)).toBe('RUNNING')
    expect((await form(token, { ...fields, idempotencyKey: 'another' })).status).toBe(404)
  })

  test('where the schema says more than a form can, the answer is typed as JSON', async () => {
    const { token, url, waitpoint } = await w.waiting(admin, { fields: { type: 'array', items: { type: 'integer' } } })
    expect(await (await fetch(url)).text()).toContain('<textarea id="payload"')
    expect((await form(token, { decision: 'approve', payload: '[1' })).status).toBe(422)
    expect((await form(token, { decision: 'approve', payload: '["x"]' })).status).toBe(422)
    for (const payload of [`${'['.repeat(30_000)}${']'.repeat(30_000)}`, '[1e999]', '["\\u0000"]']) expect((await form(token, { decision: 'approve', payload })).status, payload.slice(0, 20)).toBe(422)
    expect((await form(token, { decision: 'approve', payload: '[1, 2]' })).status).toBe(200)
    expect(await server.sql('SELECT payload FROM waitpoint WHERE id = $1', [waitpoint.id])).toEqual([{ payload: [1, 2] }])
  })

  test('a person answers in a real browser, by labels and by the keyboard', async () => {
    const { url, waitpoint } = await w.waiting(admin, { prompt: 'How much?', fields: FIELDS })
    const { executablePath, env } = await findBrowser()
    const browser = await chromium.launch({ executablePath, env })
    try {
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()) })
      await page.goto(url)
      await page.getByLabel('Amount').fill('-1')
      await page.getByRole('button', { name: 'reject' }).click()
      expect(await page.getByLabel('Amount').evaluate((input: HTMLInputElement) => input.validity.rangeUnderflow)).toBe(true)
      await page.getByLabel('Amount').fill('7')
      await page.getByLabel('note').fill('seven')
      await page.getByLabel('how').selectOption('cash')
      await page.getByRole('button', { name: 'reject' }).press('Enter')
      await page.getByRole('status').waitFor()
      expect(await page.getByRole('status').textContent()).toContain('reject')
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
    expect(await server.sql('SELECT decision, payload FROM waitpoint WHERE id = $1', [waitpoint.id])).toEqual([{ decision: 'reject', payload: { amount: 7, note: 'seven', how: 'cash' } }])
  }, 30_000)
})

describe('while the database is away', () => {
  const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
  const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
  let away: TestServer
  beforeAll(async () => {
    away = await testServer({ databaseUrl: server.databaseUrl })
    const gone: () => never = () => { throw new Error('connect ECONNREFUSED') }
    for (const call of ['connect', 'query'] as const) vi.spyOn(away.pool, call).mockImplementation(gone)
  })
  afterAll(async () => {
    vi.restoreAllMocks()
    await away.close()
  })
  const asked = (init: RequestInit): Promise<Response> => fetch(`${away.url}/waitpoints/wt1.deadbeef.00000000000000000000000000.0.${'a'.repeat(43)}`, init)

  test.each([
    ['GET', {}], ['HEAD', {}], ['POST', { headers: { 'content-type': 'application/json' }, body: '{"decision":"approve"}' }], ['POST', { headers: FORM, body: 'decision=approve' }],
    ['GET', { headers: { accept: 'application/json' } }],
  ])('%s %j of a program is told in the shape of every refusal, and nothing of the fault', async (method, init) => {
    const refused = await asked({ method, ...init })
    expect([refused.status, refused.headers.get('content-type'), refused.headers.get('retry-after')]).toEqual([503, 'application/problem+json', '1'])
    if (method !== 'HEAD') expect(await refused.json()).toEqual({ type: 'about:blank', title: 'Service Unavailable', status: 503, detail: 'The server cannot answer now; try again.', code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) })
    expect(away.logged).toContainEqual(expect.objectContaining({ event: 'request.failed', message: 'connect ECONNREFUSED', requestId: expect.any(String) }))
  })

  test.each([['GET', { headers: BROWSER }], ['POST', { headers: { ...BROWSER, ...FORM }, body: 'decision=approve' }]])('%s of a browser gets a page that says to try again', async (method, init) => {
    const refused = await asked({ method, ...init })
    expect([refused.status, refused.headers.get('content-type'), refused.headers.get('retry-after'), refused.headers.get('cache-control')]).toEqual([503, 'text/html; charset=utf-8', '1', 'no-store'])
    expect(await refused.text()).toMatch(/cannot answer now.*Try again in a moment/s)
  })
})

test('an answer that found one server gone is given to another', async () => {
  const { token, lease } = await w.waiting(admin)
  const leaving = await testServer({ databaseUrl: server.databaseUrl })
  const url = new URL(leaving.url)
  await leaving.close()
  const gone = await new Promise((resolve) => httpRequest({ host: url.hostname, port: url.port, path: `/waitpoints/${token}`, method: 'POST' }).once('error', () => resolve('gone')).end())
  expect(gone).toBe('gone')
  expect((await post(token, { decision: 'approve' })).status).toBe(200)
  expect(await statusOf(lease.flowId)).toBe('RUNNING')
})
