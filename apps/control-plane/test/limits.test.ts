import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataOf, testServer, type Principal, type TestServer } from './server.ts'

let server: TestServer
let admin: Principal

beforeAll(async () => {
  server = await testServer({ settings: { bodyMaxBytes: 100_000, queryCost: 2000 } })
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())

const deep = (levels: number): string => `{ flows { edges { node { ${'retryOf { '.repeat(levels)} id ${'} '.repeat(levels)} } } } }`

describe('a document', () => {
  test.each([
    ['too deep', deep(20), /levels deep/],
    ['too costly by its page sizes', '{ flows(first: 200) { edges { node { attempts(first: 200) { edges { node { id } } } } } } }', /objects/],
    ['too costly by fragments within fragments', `{ flows(first: 10) { edges { node { ...A } } } } fragment A on Flow { x: retryOf { ...B } y: retryOf { ...B } }
      fragment B on Flow { x: attempts(first: 100) { edges { node { id } } } y: attempts(first: 100) { edges { node { id } } } }`, /objects/],
    ['with too many aliases', `{ ${Array.from({ length: 101 }, (_, n) => `a${n}: serverTime`).join(' ')} }`, /aliases/],
    ['with too many words', `{ ${'a '.repeat(20_000)} }`, /token/i],
  ])('that is %s is refused before it runs', async (_what, query, message) => {
    const { status, data, errors } = await admin.ask(query)
    expect({ status, data, code: errors[0]?.extensions['code'] }).toEqual({ status: 400, data: null, code: 'BAD_USER_INPUT' })
    expect(errors[0]?.message).toMatch(message)
  })

  test('page sizes count when they come in variables', async () => {
    const query = 'query ($n: Int) { flows(first: $n) { edges { node { attempts(first: 20) { edges { node { id } } } } } } }'
    expect((await admin.ask(query, { n: 10 })).status).toBe(200)
    expect((await admin.ask(query, { n: 200 })).status).toBe(400)
  })

  test('page sizes count when they are the defaults of variables, of that operation', async () => {
    const page = (n: number): string => `query ($n: Int = ${n}) { flows(first: $n) { edges { node { ...A } } } } fragment A on Flow { attempts(first: $n) { edges { node { id } } } }`
    expect((await admin.ask(page(10))).status).toBe(200)
    expect((await admin.ask(page(200))).status).toBe(400)
    expect((await admin.ask(page(200), { n: 10 })).status).toBe(200)
    expect((await admin.ask(page(10), { n: 200 })).status).toBe(400)
    const two = `query A($n: Int = 1) { flows(first: $n) { ...F } } query B($n: Int = 200) { flows(first: $n) { ...F } }
      fragment F on QueryFlowsConnection { edges { node { attempts(first: $n) { edges { node { id } } } } } }`
    expect((await admin.ask(two)).status).toBe(400)
  })

  test('the questions of GraphiQL about the schema are answered', async () => {
    const { getIntrospectionQuery } = await import('graphql')
    expect(await dataOf(admin.ask(getIntrospectionQuery()))).toHaveProperty('__schema')
  })
})

describe('a body', () => {
  const post = (body: string | ReadableStream): Promise<Response> => fetch(`${server.url}/graphql`, {
    method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${admin.token}` }, body, ...(typeof body === 'string' ? {} : { duplex: 'half' }),
  } as RequestInit)

  test('above BODY_MAX is refused by its announced length', async () => {
    const response = await post(JSON.stringify({ query: '{ serverTime }', variables: { a: 'x'.repeat(100_000) } }))
    expect([response.status, await response.json()]).toMatchObject([413, { errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] }])
  })

  test('above BODY_MAX is refused as it comes, when nothing was announced', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(10_000))
    let sent = 0
    const endless = new ReadableStream({ pull: (controller) => { sent += 1; if (sent > 1000) controller.close(); else controller.enqueue(chunk) } })
    const status = await post(endless).then((response) => response.status, () => 'cut off')
    expect([413, 'cut off']).toContain(status)
    expect(sent).toBeLessThan(1000)
  })

  test('without a credential is not read at all', async () => {
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', body: 'x'.repeat(50_000) })
    expect(response.status).toBe(401)
  })
})
