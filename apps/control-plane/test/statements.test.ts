import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { openRights } from '../src/live/rights.ts'
import type { Viewer } from '../src/policies/policy.ts'
import { createFlows, dataOf, testServer, type Principal, type TestServer } from './server.ts'

let server: TestServer
let admin: Principal

beforeAll(async () => {
  server = await testServer()
  admin = await server.principal('ADMIN')
})
afterAll(() => server.close())
afterEach(() => void vi.restoreAllMocks())

/** The names of the statements that run from now on. */
function statements(): () => string[] {
  const query = vi.spyOn(server.pool, 'query') as unknown as { mock: { calls: [{ name?: string }][] } }
  return () => query.mock.calls.flatMap(([{ name }]) => name ?? [])
}

describe('one statement, however many rows', () => {
  test('the stats of all lanes', async () => {
    for (const name of ['one', 'two', 'three']) await dataOf(admin.ask('mutation ($input: UpsertLaneInput!) { upsertLane(input: $input) { __typename } }', { input: { name } }))
    await createFlows(admin, [{ kind: 'work', lane: 'two' }])
    const ran = statements()
    const { lanes } = await dataOf(admin.ask<{ lanes: { name: string; stats: { queued: number } }[] }>('{ lanes { name stats { queued cap finishedLastMinute } } }'))
    expect(lanes.map(({ name, stats }) => [name, stats.queued])).toEqual([['default', 0], ['one', 0], ['three', 0], ['two', 1]])
    expect(ran().filter((name) => /stats/i.test(name))).toEqual(['laneStats'])
  })

  test('INV-35 the rights of all who listen: those whose right is over are told, and nobody else', async () => {
    const people = await Promise.all(['VIEWER', 'OPERATOR', 'SUBMITTER', 'WORKER', 'VIEWER'].map((role) => server.principal(role as 'VIEWER')))
    const roles = new Map((await server.sql('SELECT id, roles::text[] AS roles FROM principal')).map((row) => [row['id'], row['roles'] as Viewer['roles']]))
    let hint = (): void => undefined
    const wake = { on: (_word: unknown, heard: () => void) => {
      hint = heard
      return () => undefined
    } }
    const rights = openRights({ pool: server.pool, wake: wake as never, log: () => undefined })
    const told: string[] = []
    const viewer = ({ id, tokenId }: Principal): Viewer => ({ principalId: id, name: 'x', roles: roles.get(id) ?? [], scopes: [], tokenId, sessionId: null, expiresAt: null })
    const last = new Promise<void>((resolve) => {
      people.forEach((one) => rights.watch(viewer(one), () => {
        told.push(one.id)
        if (told.length === 3) resolve()
      }))
    })
    const [revoked, expired, promoted] = people
    await server.sql('UPDATE api_token SET revoked_at = clock_timestamp() WHERE id = $1', [revoked!.tokenId])
    await server.sql(`UPDATE api_token SET expires_at = clock_timestamp() - interval '1 second' WHERE id = $1`, [expired!.tokenId])
    await server.sql(`UPDATE principal SET roles = '{ADMIN}' WHERE id = $1`, [promoted!.id])
    const ran = statements()
    hint()
    await last
    expect(told.toSorted()).toEqual([revoked!.id, expired!.id, promoted!.id].toSorted())
    expect(ran().filter((name) => /valid/i.test(name))).toEqual(['areStillValid'])
    rights.close()
  })
})
