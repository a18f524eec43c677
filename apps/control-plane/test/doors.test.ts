import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testServer, type TestServer } from './server.ts'

let server: TestServer
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'sluice-doors-'))
  await mkdir(path.join(dir, 'dist', 'assets'), { recursive: true })
  await writeFile(path.join(dir, 'secret.txt'), 'secret')
  await writeFile(path.join(dir, 'dist', 'index.html'), '<!doctype html><title>Sluice</title>')
  await writeFile(path.join(dir, 'dist', 'assets', 'app-1a2b.js'), 'export {}')
  server = await testServer({ dashboardDir: path.join(dir, 'dist') })
})
afterAll(async () => {
  await server.close()
  await rm(dir, { recursive: true })
})

const get = (address: string, headers: Record<string, string> = {}): Promise<Response> => fetch(`${server.url}${address}`, { headers, redirect: 'manual' })

describe('health', () => {
  test('/healthz answers, and /readyz says that the database is there and migrated', async () => {
    expect([(await get('/healthz')).status, (await get('/readyz')).status]).toEqual([200, 200])
  })

  test('/readyz says why not', async () => {
    await server.sql('ALTER TABLE system_state RENAME TO hidden_state')
    try {
      const response = await get('/readyz')
      expect([response.status, await response.json()]).toEqual([503, { status: 'not ready', reason: 'the database is not migrated' }])
    } finally {
      await server.sql('ALTER TABLE hidden_state RENAME TO system_state')
    }
  })
})

describe('the dashboard', () => {
  test.each(['/', '/flows/flow_x', '/sign-in'])('%s is a page of it, never kept, and may load nothing from elsewhere', async (address) => {
    const response = await get(address, { accept: 'text/html' })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('<title>Sluice</title>')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY',
      'content-security-policy': expect.stringMatching(/default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/),
    })
  })

  test.each([
    ['GET', '/flow', { authorization: 'Bearer x', accept: 'text/html' }], ['GET', '/api/flows', { accept: 'application/json' }], ['GET', '/flow', {}],
    ['POST', '/flow', {}], ['POST', '/flow', { accept: 'text/html' }],
  ])('%s %s with %j is no page: a program that mistypes an address is told so', async (method, address, headers) => {
    const response = await fetch(`${server.url}${address}`, { method, headers: headers as Record<string, string> })
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    expect(await response.json()).toMatchObject({ code: 'NOT_FOUND', status: 404, detail: expect.stringContaining('nothing here') })
  })

  test('files named by their hash are kept for ever', async () => {
    const response = await get('/assets/app-1a2b.js')
    expect([response.status, response.headers.get('cache-control'), response.headers.get('content-type')])
      .toEqual([200, 'public, max-age=31536000, immutable', 'text/javascript; charset=utf-8'])
  })

  test.each(['/assets/gone-0000.js', '/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/assets/..%5c..%5c..%5csecret.txt', '/%00'])('%s is not there', async (address) => {
    const response = await get(address)
    expect(await response.text()).not.toContain('secret')
    expect(response.status === 404 || response.headers.get('content-type')?.startsWith('text/html')).toBe(true)
  })
})

describe('GraphiQL', () => {
  test('sends a browser without a session to sign in, and back', async () => {
    const response = await get('/graphql', { accept: 'text/html' })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/sign-in?next=%2Fgraphql'])
  })

  test('is a page that loads nothing from elsewhere', async () => {
    const admin = await server.principal('ADMIN')
    const signedIn = await fetch(`${server.url}/session`, { method: 'POST', body: JSON.stringify({ token: admin.token }) })
    const response = await get('/graphql', { accept: 'text/html', cookie: signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '' })
    const page = await response.text()
    expect(response.status).toBe(200)
    expect(page).not.toMatch(/<(script|link)[^>]+(src|href)=["']?https?:/)
    expect(response.headers.get('content-security-policy')).toMatch(/script-src 'nonce-/)
  })
})
