import { createSignInCode } from '@sluice/engine'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ask, dataOf, testServer, type Principal, type TestServer } from './server.ts'
import { openSocket } from './socket.ts'

const WHO = '{ viewer { principal { name roles } expiresAt } }'

let server: TestServer
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())

const cookieOf = (response: Response): string => response.headers.getSetCookie()[0]?.split(';')[0] ?? ''

async function signIn(headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/session`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ token: admin.token }) })
}

describe('a credential', () => {
  test.each([
    ['none', {}],
    ['an unknown token', { authorization: 'Bearer slc_unknown' }],
    ['no bearer', { authorization: 'Basic YTpi' }],
    ['an unknown cookie', { cookie: 'sluice_session=ses_unknown' }],
  ])('%s answers 401 and says how to sign in', async (_what, headers) => {
    expect(await ask(server.url, headers, WHO)).toMatchObject({ status: 401, data: null, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  test('a bearer token is the principal', async () => {
    expect(await dataOf(admin.ask(WHO))).toMatchObject({ viewer: { principal: { roles: ['ADMIN'] }, expiresAt: null } })
  })

  test('an expired token is none', async () => {
    const one = await server.principal('VIEWER')
    await server.sql(`UPDATE api_token SET expires_at = now() - interval '1 second' WHERE id = $1`, [one.tokenId])
    expect((await one.ask(WHO)).status).toBe(401)
  })

  test('a revoked token is none at once', async () => {
    const one = await server.principal('VIEWER')
    await dataOf(admin.ask('mutation ($input: TokenIdInput!) { revokeApiToken(input: $input) { ... on RevokeApiTokenPayload { token { revokedAt } } } }', { input: { id: one.tokenId } }))
    expect((await one.ask(WHO)).status).toBe(401)
  })

  test('INV-31 a new token is shown once and stored hashed', async () => {
    const { createApiToken } = await dataOf(admin.ask<{ createApiToken: { secret: string; token: { id: string } } }>(
      'mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { ... on CreateApiTokenPayload { secret token { id } } } }', { input: { name: 'shown-once', role: 'VIEWER' } }))
    const [row] = await server.sql('SELECT * FROM api_token WHERE id = $1', [createApiToken.token.id])
    expect(JSON.stringify(row)).not.toContain(createApiToken.secret)
    expect((await ask(server.url, { authorization: `Bearer ${createApiToken.secret}` }, WHO)).status).toBe(200)
    expect(JSON.stringify(server.logged)).not.toContain(createApiToken.secret)
  })
})

describe('a session', () => {
  test('is bought with a token, as a cookie that scripts and other sites cannot use', async () => {
    const response = await signIn()
    expect(response.status).toBe(204)
    expect(response.headers.getSetCookie()[0]).toMatch(/^sluice_session=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/)
    expect(await ask(server.url, { cookie: cookieOf(response), origin: server.url }, WHO)).toMatchObject({ status: 200, errors: [] })
  })

  test('is refused to an unknown token, to other sites and to what is no token', async () => {
    const post = (body: string, headers = {}): Promise<Response> => fetch(`${server.url}/session`, { method: 'POST', headers, body })
    expect((await post('{"token":"slc_nobody"}')).status).toBe(401)
    expect((await post('{"token":5}')).status).toBe(400)
    expect((await post('no json')).status).toBe(400)
    expect((await signIn({ origin: 'https://elsewhere.example' })).status).toBe(403)
  })

  test('does not speak for other pages: a foreign Origin is refused', async () => {
    const cookie = cookieOf(await signIn())
    expect(await ask(server.url, { cookie, origin: 'https://elsewhere.example' }, WHO)).toMatchObject({ status: 403 })
    expect(await ask(server.url, { cookie, origin: server.url.replace('127.0.0.1', 'localhost') }, WHO)).toMatchObject({ status: 200 })
  })

  test('ends with DELETE', async () => {
    const cookie = cookieOf(await signIn())
    const response = await fetch(`${server.url}/session`, { method: 'DELETE', headers: { cookie, origin: server.url } })
    expect(response.headers.getSetCookie()[0]).toContain('Max-Age=0')
    expect((await ask(server.url, { cookie, origin: server.url }, WHO)).status).toBe(401)
  })

  test('ends with the token that bought it, and so does its socket', async () => {
    const bought = await server.principal('VIEWER')
    const cookie = cookieOf(await fetch(`${server.url}/session`, { method: 'POST', body: JSON.stringify({ token: bought.token }) }))
    await using socket = await openSocket(server.url, { headers: { cookie, origin: server.url } })
    await dataOf(admin.ask('mutation ($input: TokenIdInput!) { revokeApiToken(input: $input) { __typename } }', { input: { id: bought.tokenId } }))
    expect(await socket.closed).toMatchObject({ code: 4403 })
    expect((await ask(server.url, { cookie, origin: server.url }, WHO)).status).toBe(401)
  })

  test('is opened by the one-time link, once', async () => {
    const code = await createSignInCode(server.pool, admin.id)
    const open = (): Promise<Response> => fetch(`${server.url}/sign-in?code=${code}`, { redirect: 'manual' })
    const first = await open()
    expect([first.status, first.headers.get('location')]).toEqual([303, '/'])
    expect(await ask(server.url, { cookie: cookieOf(first), origin: server.url }, WHO)).toMatchObject({ status: 200 })
    const second = await open()
    expect([second.status, second.headers.get('location'), second.headers.getSetCookie()]).toEqual([303, '/sign-in?refused=code', []])
  })

  test('is not opened while the database is away, the page says so, and the link is good afterwards', async () => {
    const code = await createSignInCode(server.pool, admin.id)
    const open = (): Promise<Response> => fetch(`${server.url}/sign-in?code=${code}`, { redirect: 'manual' })
    const query = vi.spyOn(server.pool, 'query').mockImplementation(() => {
      throw new Error('away')
    })
    const early = await open()
    query.mockRestore()
    expect([early.status, early.headers.get('location'), early.headers.getSetCookie()]).toEqual([303, '/sign-in?refused=unavailable', []])
    expect((await open()).headers.get('location')).toBe('/')
  })
})

describe('a socket', () => {
  const status = (error: Error): string => error.message

  test('takes the token of connection_init', async () => {
    await using socket = await openSocket(server.url, admin)
    expect(await socket.subscribe<{ kind: string }>('subscription { overview { kind } }').first()).toEqual({ kind: 'SNAPSHOT' })
  })

  test('takes the cookie of the upgrade', async () => {
    await using socket = await openSocket(server.url, { headers: { cookie: cookieOf(await signIn()), origin: server.url } })
    expect(await socket.subscribe<{ kind: string }>('subscription { overview { kind } }').first()).toEqual({ kind: 'SNAPSHOT' })
  })

  test('is refused to pages of other origins, to other protocols, and without a credential', async () => {
    expect(await openSocket(server.url, { ...admin, headers: { origin: 'https://elsewhere.example' } }).catch(status)).toContain('403')
    expect(await openSocket(server.url, { ...admin, protocol: 'graphql-ws' }).catch(status)).toContain('400')
    expect(await openSocket(server.url).catch(status)).toContain('4403')
    expect(await openSocket(server.url, { token: 'slc_unknown' }).catch(status)).toContain('4403')
  })
})
