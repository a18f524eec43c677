import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Pool } from '@sluice/db'
import { deliver, exhaust, expireWait, failWait, reject, resume, schedule, type DeliveryFacts, type FlowFacts } from '@sluice/domain'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { openMetricsPlace } from '../src/doors/metrics-place.ts'
import { schema } from '../src/graphql/schema.ts'
import { databaseMetrics } from '../src/observe/database-metrics.ts'
import { METRICS, type Metric } from '../src/observe/metric-table.ts'
import { namedIn, offeredBy } from './promql.ts'
import { append, lines as frames } from './frame-writer.ts'
import { openSocket } from './socket.ts'
import { createFlows, dataOf, testServer, testWorker, type Principal, type TestServer } from './server.ts'
import { answer, waitWorld, type Lease } from './waits.ts'
import { answered, command, makeDeliveries, makeEndpoint } from './webhooks.ts'

let server: TestServer
let viewer: Principal
let operator: Principal

beforeAll(async () => {
  server = await testServer()
  viewer = await server.principal('VIEWER')
  operator = await server.principal('OPERATOR')
})
afterAll(() => server.close())

const table: Metric[] = Object.values(METRICS)
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })
const ask = (headers: Record<string, string>, method = 'GET'): Promise<Response> => fetch(`${server.url}/metrics`, { method, headers })
const scrape = async (): Promise<string> => (await ask(bearer(viewer.token))).text()
const valueOf = (text: string, sample: string): number => Number(text.split('\n').find((line) => line.startsWith(`${sample} `))?.slice(sample.length + 1))
const labelsOf = (text: string, label: string): string[] => [...new Set([...text.matchAll(new RegExp(`[{,]${label}="([^"]*)"`, 'g'))].map(([, value = '']) => value))]

/** Leaves bytes behind and reads them. */
async function left({ url }: TestServer, { by, lease, bytes }: { by: Principal; lease: Lease; bytes: string }): Promise<void> {
  const at = `${url}/flows/${lease.flowId}/artifacts/report`
  const headers = { ...bearer(by.token), 'sluice-lease': `${lease.attempt}.${lease.epoch}`, 'content-digest': `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:` }
  expect((await fetch(at, { method: 'PUT', headers, body: bytes })).status).toBe(201)
  expect(await (await fetch(at, { headers: bearer(operator.token) })).text()).toBe(bytes)
}

describe('who may scrape', () => {
  test.each(['VIEWER', 'OPERATOR', 'ADMIN'] as const)('%s', async (role) => {
    const answer = await ask(bearer((await server.principal(role)).token))
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
  })

  test.each(['SUBMITTER', 'WORKER'] as const)('not %s', async (role) => {
    expect((await ask(bearer((await server.principal(role)).token))).status).toBe(403)
  })

  test('D-44 nobody without a credential, and nobody by another method', async () => {
    expect((await ask({})).status).toBe(401)
    expect((await ask(bearer('slc_nothing'))).status).toBe(401)
    expect((await ask(bearer(viewer.token), 'POST')).status).toBe(405)
    expect((await ask(bearer(viewer.token), 'HEAD')).status).toBe(200)
  })

  test('a token can be cut down to this alone', async () => {
    const scraper = await server.principal('VIEWER', { scopes: ['do:door.metrics'] })
    expect((await ask(bearer(scraper.token))).status).toBe(200)
    expect((await scraper.ask('{ queueStats { queued } }')).errors[0]?.extensions['code']).toBe('FORBIDDEN')
  })
})

describe('a scrape', () => {
  test('offers every metric of the table by its type, and none of ours beside it', async () => {
    const types = new Map([...(await scrape()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]))
    expect(Object.fromEntries([...types].filter(([name]) => name.startsWith('sluice_')))).toEqual(Object.fromEntries(table.map(({ name, type }) => [name, type])))
    expect([...types.keys()]).toEqual(expect.arrayContaining(['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds']))
  })

  test('tells what happened to flows, here and in the database', async () => {
    const before = await scrape()
    await createFlows(operator, [{ kind: 'work' }, { kind: 'work' }])
    const worker = await testWorker(server)
    const [lease] = await worker.take(1)
    const [later] = await worker.take(1)
    await worker.finish(lease!)
    await worker.finish({ ...later!, epoch: 9 })
    const after = await vi.waitFor(async () => {
      const text = await scrape()
      expect(valueOf(text, 'sluice_flows{status="FINISHED"}')).toBe(1)
      return text
    }, { timeout: 5000, interval: 200 })
    const rose = (sample: string): number => valueOf(after, sample) - (valueOf(before, sample) || 0)
    expect(rose('sluice_promoted_flows_total')).toBe(2)
    expect(rose('sluice_promotion_batch_flows_count')).toBe(2)
    expect(rose('sluice_operation_duration_seconds_count{operation="finishFlow",outcome="ok"}')).toBe(1)
    expect(rose('sluice_operation_duration_seconds_count{operation="finishFlow",outcome="refused"}')).toBe(1)
    expect(rose('sluice_refusals_total{operation="finishFlow",code="STALE_LEASE"}')).toBe(1)
    expect(rose('sluice_statement_duration_seconds_count{statement="insertFlows"}')).toBe(1)
    expect(valueOf(after, 'sluice_flow_events_total{event="started"}')).toBe(2)
    expect(valueOf(after, 'sluice_lane_flows{lane="default",status="RUNNING"}')).toBe(1)
    expect(valueOf(after, 'sluice_kind_flows{kind="work",status="QUEUED"}')).toBe(0)
    expect(valueOf(after, 'sluice_sweep_found_total{sweep="promoter"}')).toBe(0)
    expect([valueOf(after, 'sluice_workers{state="ACTIVE"}'), valueOf(after, 'sluice_leases'), valueOf(after, 'sluice_processes{role="api"}')]).toEqual([1, 1, 1])
  })

  test('tells of waits, inputs, output and artifacts, by few words and never by a principal', async () => {
    const before = await scrape()
    const worlds = await waitWorld(server)
    const held = await worlds.waiting(operator)
    expect(await append(worlds.worker, await worlds.working(operator), frames(1, 3))).toMatchObject({ lastSequence: 3 })
    await vi.waitFor(async () => expect(valueOf(await scrape(), 'sluice_wait_oldest_seconds')).toBeGreaterThan(0), { timeout: 5000, interval: 200 })
    await answer(operator, { id: held.waitpoint.id })
    const early = await worlds.make(held.lease, { key: 'early' })
    await answer(operator, { token: early.token })
    await left(server, { by: worlds.worker.by, lease: held.lease, bytes: 'report' })
    const [queued] = await createFlows(operator, [{ kind: 'other' }])
    await dataOf(operator.ask('mutation ($input: AddFlowInputInput!) { addFlowInput(input: $input) { __typename } }', { input: { flowId: queued, content: 'more' } }))
    const after = await scrape()
    const rose = (sample: string): number => valueOf(after, sample) - valueOf(before, sample)
    expect(rose('sluice_waits_opened_total{kind="APPROVAL"}')).toBe(1)
    expect(['principal', 'token', 'timeout'].map((by) => rose(`sluice_wait_answers_total{by="${by}"}`))).toEqual([1, 1, 0])
    expect([rose('sluice_frames_appended_total'), rose('sluice_frame_bytes_total'), rose('sluice_frame_trims_total')]).toEqual([3, 24, 0])
    expect([rose('sluice_artifacts_stored_total'), rose('sluice_artifact_bytes_total{direction="in"}'), rose('sluice_artifact_bytes_total{direction="out"}')]).toEqual([1, 6, 6])
    expect([rose('sluice_flow_inputs_total{act="added"}'), rose('sluice_flow_inputs_total{act="removed"}')]).toEqual([1, 0])
    expect(labelsOf(after, 'by').toSorted()).toEqual(['principal', 'timeout', 'token'])
  })

  test('tells how webhooks fare, here and in the database', async () => {
    const before = await scrape()
    const admin = await server.principal('ADMIN')
    const { endpoint } = await makeEndpoint(admin)
    await makeDeliveries(server, { by: admin, endpointId: endpoint.id, count: 2 })
    const { endpoint: off } = await makeEndpoint(admin, { events: ['flow.failed'] })
    await command(admin, 'disableWebhookEndpoint', { id: off.id }, 'endpoint { id }')
    const facts: DeliveryFacts = { id: 'dlv_1', endpointId: endpoint.id, state: 'SENDING', trigger: 'AUTO', attemptCount: 1 }
    server.observing.engine.attempted(
      [answered(200), answered(503), { ...answered(0), statusCode: null, errorClass: 'TIMEOUT' }, answered(404)],
      [deliver(facts), schedule(facts, { error: 'HTTP_503', delayMs: 1 }), exhaust(facts, 'TIMEOUT'), reject(facts, 'HTTP_404')],
    )
    const after = await vi.waitFor(async () => {
      const text = await scrape()
      expect(valueOf(text, 'sluice_webhook_deliveries_live')).toBe(2)
      return text
    }, { timeout: 5000, interval: 200 })
    const rose = (sample: string): number => valueOf(after, sample) - (valueOf(before, sample) || 0)
    expect(['2xx', '5xx', '4xx', 'timeout'].map((outcome) => rose(`sluice_webhook_attempt_duration_seconds_count{outcome="${outcome}"}`))).toEqual([1, 1, 1, 1])
    expect(['DELIVERED', 'EXHAUSTED', 'REJECTED', 'BLOCKED'].map((state) => rose(`sluice_webhook_deliveries_ended_total{state="${state}"}`))).toEqual([1, 1, 1, 0])
    expect(valueOf(after, 'sluice_webhook_endpoints_disabled')).toBe(1)
    expect(valueOf(after, 'sluice_webhook_oldest_due_seconds')).toBeGreaterThan(0)
  })

  test('a wait that nobody answered in time is told by what became of it', async () => {
    const facts = { id: 'flow_1', waitMode: 'RELEASED' } as FlowFacts
    const before = await scrape()
    const timedOut = { reason: 'input_timed_out', waitpoint: 'wpt_1' } as const
    server.observing.engine.moved([
      failWait(facts, timedOut), expireWait(facts, 'wpt_1'), failWait(facts, { ...timedOut, reason: 'deadline_exceeded' }), resume(facts, { waitpoint: 'wpt_1', decision: 'go', by: 'timeout' }),
    ], [])
    server.observing.engine.appended({ frames: 1, bytes: 10, trimmed: true })
    const after = await scrape()
    const rose = (sample: string): number => valueOf(after, sample) - valueOf(before, sample)
    expect(['sluice_waits_timed_out_total', 'sluice_wait_answers_total{by="timeout"}', 'sluice_frame_trims_total'].map(rose)).toEqual([2, 1, 1])
  })

  test('counts subscriptions while they are open, and how they ended', async () => {
    const [id] = await createFlows(operator, [{ kind: 'other' }])
    await using socket = await openSocket(server.url, { token: operator.token })
    const events = socket.subscribe<{ kind: string }>(`subscription { flowEvents(id: "${id}") { kind } }`)
    await events.first()
    expect(valueOf(await scrape(), 'sluice_subscriptions')).toBe(1)
    await operator.ask(`mutation { cancelFlow(input: { id: "${id}" }) { __typename } }`)
    await vi.waitFor(async () => {
      const text = await scrape()
      expect([valueOf(text, 'sluice_subscriptions'), valueOf(text, 'sluice_subscriptions_ended_total{reason="TERMINAL"}')]).toEqual([0, 1])
    }, { timeout: 5000, interval: 50 })
    expect(valueOf(await scrape(), 'sluice_subscriptions_ended_total{reason="TOO_SLOW"}')).toBe(0)
  })

  test('INV-31 has no label that a stranger could make grow, and no credential', async () => {
    await Promise.all(['/a', '/b/c', '/graphql', '/%', '/flows-of-mine'].map((path) => fetch(server.url + path, { method: 'POST' })))
    await operator.ask('{ nothingLikeThat }')
    await operator.ask('{ mine: queueStats { queued } yours: queueStats { queued } }')
    const text = await scrape()
    const roots = [schema.getQueryType(), schema.getMutationType()].flatMap((type) => Object.keys(type?.getFields() ?? {}))
    expect(labelsOf(text, 'operation').filter((name) => !roots.includes(name))).toEqual([])
    expect(labelsOf(text, 'door').filter((door) => !['graphql', 'static', 'metrics', 'health', 'session', 'rest', 'export', 'openapi', 'graphiql'].includes(door))).toEqual([])
    for (const { token } of [viewer, operator]) expect(text).not.toContain(token)
  })

  test('asks the database once a second however many scrape, and goes on without its figures when it does not answer', async () => {
    let at = 0
    const query = vi.fn<() => Promise<never>>(() => Promise.reject(new Error('away')))
    const away = databaseMetrics({ pool: { connect: query } as unknown as Pool, now: () => at })
    const [one, two] = await Promise.all([away(), away()])
    expect([one, two, query.mock.calls.length]).toEqual([expect.stringMatching(/^sluice_database_read 0$/m), one, 1])
    at = 1001
    await away()
    expect(query).toHaveBeenCalledTimes(2)
  })

  test('a name is written so that it stays one label', async () => {
    const pool = { query: () => Promise.resolve({ rows: [{ live: 0, exhaustedLastHour: 0, disabledEndpoints: 0, oldestDueMs: null }] }), connect: () => Promise.resolve({
      on: () => undefined, off: () => undefined, release: () => undefined,
      query: (asked: { name?: string }) => Promise.resolve({ rows: asked.name === 'readGauges' ? [{ gauges: {
        words: {}, lanes: [], kinds: [{ name: 'a"b\\c\nd', queued: 1, running: 0, waiting: 0 }], slots: { held: 0, heldByWaiting: 0, cap: 0 }, workers: [], leases: 0, oldestWaitSeconds: 0, processes: [],
      } }] : [], rowCount: 0 }),
    }) } as unknown as Pool
    expect(await databaseMetrics({ pool })()).toContain(String.raw`sluice_kind_flows{kind="a\"b\\c\nd",status="QUEUED"} 1`)
  })
})

test('a process without the role api serves its metrics at a place of their own', async () => {
  const { pool, log } = server.deps
  const place = await openMetricsPlace({ pool, log, observing: server.observing, place: { host: '127.0.0.1', port: 0 } })
  const at = (path: string, headers = {}): Promise<number> => fetch(`http://127.0.0.1:${place.port}${path}`, { headers }).then(({ status }) => status)
  expect([await at('/metrics'), await at('/metrics', bearer(viewer.token)), await at('/readyz'), await at('/graphql')]).toEqual([401, 200, 200, 404])
  await place.close()
})

const docs = (file: string): string => readFileSync(new URL(`../../../docs/${file}`, import.meta.url), 'utf8')

interface Target { expr: string; datasource: { uid: string } }
interface Panel { title: string; type: string; targets?: Target[]; gridPos: { x: number; y: number; w: number; h: number } }
interface Dashboard { schemaVersion: number; panels: Panel[]; templating: { list: { name: string; type: string; query: string | { query: string } }[] } }
interface Rules { groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[] }

const dashboard = JSON.parse(docs('grafana/sluice.json')) as Dashboard
const alerts = (parseYaml(docs('grafana/alerts.yml')) as Rules).groups.flatMap(({ rules }) => rules)
const targets = dashboard.panels.flatMap(({ title, targets: own = [] }) => own.map(({ expr }) => ({ title, expr })))
const expressions = [...targets, ...alerts.map(({ alert, expr }) => ({ title: alert, expr }))]

/** What is wrong with an expression, given what a scrape offers. Prometheus itself adds `up`, and the labels job and instance. */
function problemsOf(expression: string, offered: Set<string>): string[] {
  const { metrics, labels, broken } = namedIn(expression)
  const known = new Set(['job', 'instance', 'le', ...table.filter(({ name }) => metrics.some((one) => one.startsWith(name))).flatMap((metric) => metric.labels)])
  return [
    ...(broken ? ['cannot be parsed'] : []), ...(metrics.length === 0 ? ['names no metric'] : []),
    ...metrics.filter((name) => name !== 'up' && !offered.has(name)).map((name) => `there is no metric ${name}`),
    ...labels.filter((name) => !known.has(name)).map((name) => `there is no label ${name}`),
  ]
}

/** Whether it adds up over processes what each of them read from the same database. */
const sumsWhole = (expression: string): boolean =>
  table.some(({ name, scope }) => scope === 'database' && new RegExp(String.raw`\bsum\s*(by \([^)]*\)\s*)?\(((rate|increase)\()?${name}\b`).test(expression))

describe('the dashboard for Grafana and the alerts', () => {
  test('every expression can be parsed, and its metrics and labels exist in a scrape', async () => {
    const offered = offeredBy(await scrape())
    expect(expressions.length).toBeGreaterThan(50)
    expect(expressions.flatMap(({ title, expr }) => problemsOf(expr, offered).map((problem) => `${title}: ${problem} in ${expr}`))).toEqual([])
  })

  test('one that is wrong would be seen', () => {
    expect(problemsOf('rate(sluice_nothing_total{colour="red"}[5m])', new Set())).toEqual(['there is no metric sluice_nothing_total', 'there is no label colour'])
    expect(problemsOf('sum(rate(', new Set())).toEqual(['cannot be parsed', 'names no metric'])
  })

  test('figures of the whole database are never summed over processes', () => {
    expect(expressions.filter(({ expr }) => sumsWhole(expr))).toEqual([])
    expect(['sum(sluice_flows)', 'sum by (lane) (rate(sluice_flow_events_total[5m]))', 'sum(max by (state) (sluice_workers))'].map(sumsWhole)).toEqual([true, true, false])
  })

  test('the dashboard has a data source to choose, panels that do not overlap, and asks for no others', () => {
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36)
    expect(dashboard.templating.list.map(({ name, type }) => [name, type])).toEqual([['datasource', 'datasource'], ['job', 'query'], ['lane', 'query']])
    expect(new Set(dashboard.panels.flatMap((panel) => (panel.targets ?? []).map(({ datasource }) => datasource.uid)))).toEqual(new Set([`\${datasource}`]))
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`))
    expect([new Set(cells).size, cells.filter((cell) => Number(cell.split(',')[0]) > 23)]).toEqual([cells.length, []])
  })

  test('its variables ask for metrics and labels that exist', () => {
    for (const { type, query } of dashboard.templating.list) {
      if (type !== 'query' || typeof query === 'string') continue
      const [, metric, label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(query.query) ?? []
      expect(['job', ...(table.find(({ name }) => name === metric)?.labels ?? [])]).toContain(label)
    }
  })

  test('every alert is explained in the operations page', () => {
    const page = docs('operations.md')
    expect(alerts.filter(({ alert }) => !page.includes(`\`${alert}\``)).map(({ alert }) => alert)).toEqual([])
  })
})
