/** The started system under OpenTelemetry: what a caller began goes on through control plane and worker, each a process of its own, to the end. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startWorld, until, type World } from '@sluice/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startCollector, type Collector, type Span } from './collector.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CALLER = 'b7ad6b7169203331'
const SECRET = 'MAGENTA-4711'
const KINDS = { kinds: { trace: { command: [process.execPath, '-e', 'console.log(JSON.stringify(process.env.TRACEPARENT ?? null))'] } } }

const CREATE = `mutation ($input: CreateFlowInput!) { createFlow(input: $input) { ... on CreateFlowPayload { flow { id } } ... on Error { message } } }`
const WAIT = '{ waitForFlow(id: "ID", timeoutMs: 20000) { status result traceParent } }'

let world: World
let collector: Collector

beforeAll(async () => {
  collector = await startCollector()
  world = await startWorld({ env: {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_BSP_SCHEDULE_DELAY: '50',
  } })
  // Read again by the runner as it changes.
  await writeFile(join(world.dataDir, 'runner.json'), JSON.stringify(KINDS))
})
afterAll(async () => {
  await world?.[Symbol.asyncDispose]()
  await collector?.[Symbol.asyncDispose]()
})

interface Ended { status: string; result: string | null; traceParent: string | null }

async function runOne(headers: Record<string, string>): Promise<{ id: string; flow: Ended }> {
  const body = JSON.stringify({ query: CREATE, variables: { input: { kind: 'trace', title: SECRET, input: { password: SECRET } } } })
  const answer = await fetch(`${world.url}/graphql`, { method: 'POST', headers: { authorization: `Bearer ${world.admin.token}`, 'content-type': 'application/json', ...headers }, body })
  const { data } = (await answer.json()) as { data: { createFlow: { flow: { id: string } } } }
  const { id } = data.createFlow.flow
  return { id, flow: (await world.admin.ask<{ waitForFlow: Ended }>(WAIT.replace('ID', id))).waitForFlow }
}

/** The spans of a trace, once there are so many. */
const spansOf = async (traceId: string, count: number): Promise<Span[]> => {
  const found = (): Span[] => collector.spans.filter(span => span.traceId === traceId)
  await until(() => Promise.resolve(found().filter(({ name }) => !name.startsWith('sql ')).length >= count),
    { withinMs: 10_000, what: () => `${count} spans of the trace; there are ${found().map(({ name }) => name).join(', ')}` })
  return found()
}

describe('a trace', () => {
  test('goes from the caller through createFlow, queue, worker and report to the end, over two processes, and into the command', async () => {
    const { id, flow } = await runOne({ traceparent: `00-${TRACE}-${CALLER}-01` })
    const spans = await spansOf(TRACE, 5)
    const one = (name: string): Span => spans.find(span => span.name === name)!
    const [command, process] = [one('command createFlow'), one('process trace')]
    expect(spans.filter(({ name }) => !name.startsWith('sql ')).map(({ service, name, parentSpanId }) => [service, name, parentSpanId]).toSorted()).toEqual([
      ['sluice-control-plane', 'command createFlow', CALLER],
      ['sluice-control-plane', 'end trace', command.spanId],
      ['sluice-control-plane', 'queue trace', command.spanId],
      ['sluice-runner', 'process trace', command.spanId],
      ['sluice-runner', 'settle trace', process.spanId],
    ])
    expect([process, one('queue trace'), one('end trace')].map(({ attributes }) => attributes['messaging.message.id'])).toEqual([id, id, id])
    expect(command.attributes).toMatchObject({ 'sluice.operation': 'createFlow', 'sluice.outcome': 'ok', 'http.response.status_code': 200 })
    expect(spans.find(({ name }) => name === 'sql insertFlows')).toMatchObject({ parentSpanId: command.spanId })
    expect(flow).toEqual({ status: 'FINISHED', traceParent: `00-${TRACE}-${command.spanId}-01`, result: `00-${TRACE}-${process.spanId}-01` })
    expect([...collector.paths]).toEqual(['POST /v1/traces application/json'])
  })

  test('begins at the control plane where the caller brings none', async () => {
    const { flow } = await runOne({})
    const spans = await spansOf(flow.traceParent?.split('-')[1] ?? '', 5)
    expect(spans.find(({ name }) => name === 'command createFlow')?.parentSpanId).toBeUndefined()
  })

  test('INV-31 neither spans nor logs have a token, an input or a title', async () => {
    const folders = join(world.dataDir, 'logs')
    const logs = await Promise.all((await readdir(folders)).map(file => readFile(join(folders, file), 'utf8')))
    expect(logs.join('')).toContain('"operation":"createFlow"')
    for (const text of [JSON.stringify(collector.spans), ...logs]) for (const hidden of [SECRET, world.admin.token]) expect(text).not.toContain(hidden)
  })
})
