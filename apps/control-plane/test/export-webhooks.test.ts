import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rest } from './rest-client.ts'
import { testServer, type Principal, type TestServer } from './server.ts'
import { makeDeliveries, makeEndpoint, settle } from './webhooks.ts'

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

describe('an export', () => {
  test('of deliveries takes the filter of webhookDeliveries, and brings attempts and bodies when asked', async () => {
    const { endpoint } = await makeEndpoint(admin, { name: 'exported' })
    const made = await makeDeliveries(server, { by: admin, endpointId: endpoint.id, count: 130 })
    const ids = made.map(({ deliveryId }) => deliveryId)
    await settle(server, ids.slice(0, 120), 'EXHAUSTED', { error: 'HTTP_503' })
    await server.sql("INSERT INTO delivery_attempt (delivery_id, n, started_at, duration_ms, status_code, request_headers) SELECT id, 1, clock_timestamp(), 5, 503, '{}' FROM unnest($1::text[]) AS d(id)", [ids.slice(0, 120)])
    const rows = rowsOf((await exported(`deliveries?endpoint=${endpoint.id}&state=EXHAUSTED&attempts=true&body=true`)).text)
    expect(rows.at(-1)).toEqual({ end: 'COMPLETE', rows: 120 })
    expect(rows.slice(0, -1).map(({ id }) => id).toSorted()).toEqual(ids.slice(0, 120).toSorted())
    expect(rows[0]).toMatchObject({ lastError: 'HTTP_503', endpoint: { id: endpoint.id }, attempts: [{ n: 1, statusCode: 503 }], body: expect.stringContaining('"delivery_id"') })
    const csv = csvOf((await exported(`deliveries?endpoint=${endpoint.id}&state=PENDING&format=csv`)).text)
    expect(csv).toHaveLength(10)
    expect(csv[0]).toMatchObject({ state: 'PENDING', 'endpoint.name': 'exported', 'flow.id': expect.stringMatching(/^flow_/) })
    expect(csv[0]).not.toHaveProperty('attempts')
    expect(await exported('deliveries?eventType=flow.exploded')).toMatchObject({ status: 400, json: { code: 'INVALID_INPUT', path: ['eventType'] } })
  })

  test('INV-35 of deliveries and operations are for who may read them', async () => {
    const submitter = await server.principal('SUBMITTER')
    const { endpoint } = await makeEndpoint(admin)
    const [own] = await makeDeliveries(server, { by: submitter, endpointId: endpoint.id })
    await makeDeliveries(server, { by: admin, endpointId: endpoint.id })
    expect(rowsOf((await exported(`deliveries?endpoint=${endpoint.id}`, submitter)).text).flatMap(({ id }) => id ?? [])).toEqual([own?.deliveryId])
    expect(await exported('operations', submitter)).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } })
  })

  test('of one flow comes with who was told of it, and every attempt', async () => {
    const { endpoint } = await makeEndpoint(admin)
    const [made] = await makeDeliveries(server, { by: admin, endpointId: endpoint.id })
    await settle(server, [made?.deliveryId ?? ''], 'DELIVERED')
    await server.sql("INSERT INTO delivery_attempt (delivery_id, n, started_at, duration_ms, status_code, request_headers) VALUES ($1, 1, clock_timestamp(), 5, 204, '{}')", [made?.deliveryId])
    const { json } = await exported(`flows/${made?.flowId}`)
    expect(json['deliveries']).toContainEqual(expect.objectContaining({ id: made?.deliveryId, state: 'DELIVERED', flow: { id: made?.flowId }, attempts: [expect.objectContaining({ n: 1, statusCode: 204 })] }))
    expect(json['flow']).toMatchObject({ webhookEndpoint: { id: endpoint.id, name: 'hook' } })
  })
})
