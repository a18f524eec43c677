import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '@sluice/protocol'
import { mayAnswer } from '../src/policies/answerers.ts'
import { dataOf, testServer, type Principal, type TestServer } from './server.ts'
import type { Viewer } from '../src/policies/policy.ts'
import { answer, waitWorld, type WaitWorld } from './waits.ts'

const viewer = (roles: Role[], scopes: string[] = []): Viewer => ({ principalId: 'prn_me', name: 'me', roles, scopes, tokenId: 'tok_x', sessionId: null, expiresAt: null })
const COLUMNS = ['VIEWER', 'SUBMITTER', 'OPERATOR', 'ADMIN', 'WORKER'] as const satisfies Role[]

describe('who may answer', () => {
  /** Columns: VIEWER SUBMITTER OPERATOR ADMIN WORKER; of a flow of its own, and of somebody else's. */
  test.each([
    [[], '-+++-', '--++-'], [['role:viewer'], '+-++-', '+-++-'], [['role:submitter'], '-+++-', '-+++-'], [['role:operator'], '--++-', '--++-'],
    [['role:admin'], '---+-', '---+-'], [['prn_me'], '++++-', '++++-'], [['prn_other'], '---+-', '---+-'], [['prn_other', 'role:operator'], '--++-', '--++-'],
  ])('of %j', (answerableBy, own, theirs) => {
    const signs = (principalId: string): string => COLUMNS.map((role) => (mayAnswer(viewer([role]), { principalId }, answerableBy) ? '+' : '-')).join('')
    expect([signs('prn_me'), signs('prn_other')]).toEqual([own, theirs])
  })

  test('scopes narrow: by role, by operation, and the override with it', () => {
    expect(mayAnswer(viewer(['ADMIN'], ['role:viewer']), { principalId: 'prn_other' }, [])).toBe(false)
    expect(mayAnswer(viewer(['ADMIN'], ['role:operator']), { principalId: 'prn_other' }, [])).toBe(true)
    expect(mayAnswer(viewer(['ADMIN'], ['role:operator']), { principalId: 'prn_other' }, ['prn_other'])).toBe(false)
    expect(mayAnswer(viewer(['ADMIN'], ['do:flow']), { principalId: 'prn_me' }, ['prn_me'])).toBe(false)
    expect(mayAnswer(viewer(['ADMIN'], ['do:resolveWaitpoint']), { principalId: 'prn_other' }, [])).toBe(true)
    expect(mayAnswer(viewer(['ADMIN'], ['do:resolveWaitpoint']), { principalId: 'prn_other' }, ['prn_other'])).toBe(false)
  })
})

interface Listed { waitpoints: { edges: { cursor: string; node: { id: string; state: string; viewerMayAnswer: boolean } }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } }

describe('over the API', () => {
  let server: TestServer
  let w: WaitWorld
  let actors: Record<'VIEWER' | 'SUBMITTER' | 'OPERATOR' | 'ADMIN', Principal>
  /** By name: whose flow, whom it names. */
  const waits: Record<string, string> = {}

  beforeAll(async () => {
    server = await testServer()
    w = await waitWorld(server)
    const roles = ['VIEWER', 'SUBMITTER', 'OPERATOR', 'ADMIN'] as const
    actors = Object.fromEntries(await Promise.all(roles.map(async (role) => [role, await server.principal(role)] as const))) as typeof actors
    for (const [name, by, answerableBy] of [
      ['own', actors.SUBMITTER, []], ['theirs', actors.ADMIN, []], ['viewers', actors.ADMIN, ['role:viewer']], ['admins', actors.OPERATOR, ['role:admin']],
      ['named', actors.SUBMITTER, [actors.VIEWER.id]], ['hidden', actors.ADMIN, [actors.SUBMITTER.id]],
    ] as const) waits[name] = (await w.waiting(by, { answerableBy: [...answerableBy] })).waitpoint.id
    await w.waiting(actors.ADMIN, { kind: 'INPUT', key: 'input' })
  })
  afterAll(() => server.close())

  const list = async (by: Principal, filter: Record<string, unknown> = {}, page: Record<string, unknown> = {}) =>
    (await dataOf(by.ask<Listed>(`query ($filter: WaitpointFilter, $first: Int, $after: String) { waitpoints(filter: $filter, first: $first, after: $after) {
      edges { cursor node { id state viewerMayAnswer } } pageInfo { hasNextPage endCursor } } }`, { filter: { kind: ['APPROVAL'], ...filter }, ...page }))).waitpoints
  const namesOf = ({ edges }: Listed['waitpoints']) => edges.map(({ node }) => Object.keys(waits).find((name) => waits[name] === node.id) ?? node.id)

  test.each([
    ['VIEWER', ['own', 'theirs', 'viewers', 'admins', 'named', 'hidden'], ['viewers', 'named']], ['SUBMITTER', ['own', 'named'], ['own']],
    ['OPERATOR', ['own', 'theirs', 'viewers', 'admins', 'named', 'hidden'], ['own', 'theirs', 'viewers']], ['ADMIN', ['own', 'theirs', 'viewers', 'admins', 'named', 'hidden'], ['own', 'theirs', 'viewers', 'admins', 'named', 'hidden']],
  ] as const)('INV-35 a %s lists what it may read, the oldest first, and what it may answer is told alike by the filter and by each', async (role, seen, mine) => {
    const all = await list(actors[role])
    expect(namesOf(all)).toEqual(seen)
    expect(namesOf({ ...all, edges: all.edges.filter(({ node }) => node.viewerMayAnswer) })).toEqual(mine)
    expect(namesOf(await list(actors[role], { answerableByMe: true }))).toEqual(mine)
    expect(namesOf(await list(actors[role], { answerableByMe: false }))).toEqual(seen.filter((name) => !(mine as readonly string[]).includes(name)))
  })

  test('INV-38 what may not be read is not there: not as a node, not to answer, though it names who asks', async () => {
    const { node } = await dataOf(actors.SUBMITTER.ask<{ node: null }>('query ($id: ID!) { node(id: $id) { id } }', { id: waits['hidden'] }))
    expect(node).toBeNull()
    const [theirs, none] = await Promise.all([waits['hidden'], 'wpt_00000000000000000000000000'].map(async (id) => JSON.stringify(await answer(actors.SUBMITTER, { id })).replaceAll(id!, 'ID')))
    expect(theirs).toBe(none)
  })

  test('who may read but not answer is told FORBIDDEN, and nothing changes', async () => {
    for (const [role, name] of [['VIEWER', 'theirs'], ['OPERATOR', 'admins'], ['SUBMITTER', 'named']] as const) {
      expect(await answer(actors[role], { id: waits[name] })).toMatchObject({ code: 'FORBIDDEN' })
    }
    expect(await server.sql('SELECT count(*)::int AS n FROM signal')).toEqual([{ n: 0 }])
  })

  test('D-29 INV-24 a right that was revoked while the answer waited for the flow decides nothing', async () => {
    const { waitpoint, lease } = await w.waiting(actors.ADMIN)
    const operator = await server.principal('OPERATOR')
    const other = await server.pool.connect()
    await other.query('BEGIN')
    await other.query('SELECT 1 FROM flow WHERE id = $1 FOR UPDATE', [lease.flowId])
    const late = answer(operator, { id: waitpoint.id })
    await new Promise((resolve) => setTimeout(resolve, 300))
    await other.query('UPDATE api_token SET revoked_at = clock_timestamp() WHERE id = $1', [operator.tokenId])
    await other.query('COMMIT')
    other.release()
    expect(await late).toMatchObject({ code: 'FORBIDDEN' })
    expect(await server.sql('SELECT status FROM flow WHERE id = $1', [lease.flowId])).toEqual([{ status: 'WAITING' }])
  })

  test('pages: what stands open first, the oldest first, then the others, the latest made first; each once', async () => {
    await answer(actors.VIEWER, { id: waits['named'] })
    await answer(actors.ADMIN, { id: waits['own'] })
    const whole = await list(actors.OPERATOR)
    expect(namesOf(whole).slice(-2)).toEqual(['named', 'own'])
    const paged: string[] = []
    for (let after: string | null = null, more = true; more;) {
      const page = await list(actors.OPERATOR, {}, { first: 2, after })
      paged.push(...namesOf(page))
      more = page.pageInfo.hasNextPage
      after = page.pageInfo.endCursor
    }
    expect(paged).toEqual(namesOf(whole))
    expect(namesOf(await list(actors.OPERATOR, { state: ['SATISFIED'] }))).toEqual(['named', 'own'])
    expect(namesOf(await list(actors.OPERATOR, { state: ['SATISFIED'], lane: ['none'] }))).toEqual([])
    const { errors } = await actors.OPERATOR.ask('{ waitpoints(after: "x") { edges { cursor } } }')
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', path: ['after'] })
  })
})
