import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { Json } from '@sluice/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { createLog, createWorker, defineKind, fail, type Kind } from '../src/index.ts'
import { runHandler } from '../src/testing/index.ts'
import { createControlPlane } from '../src/wire/control-plane.ts'
import { Rejected } from '../src/wire/transport.ts'
import { startFake, type FakeControlPlane } from './fake-control-plane.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`

const disposals: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

/** A worker whose handlers note the trace that they were given. */
async function working(handler: Kind['handler'] = () => null) {
  const fake = await startFake()
  const given: (string | null)[] = []
  const logged: Record<string, unknown>[] = []
  const kind = defineKind<Json>({ handler: context => {
    given.push(context.traceParent)
    context.log.info('here')
    return handler(context)
  } })
  const worker = createWorker({ url: fake.url, token: 't', name: 'test', kinds: { k: kind }, log: createLog((_level, _message, fields) => logged.push(fields)) })
  disposals.push(() => fake.stop(), () => worker.stop({ graceMs: 0 }))
  await worker.start()
  return { fake, given, logged }
}

const ended = (fake: FakeControlPlane, id: string) => fake.until(() => ['FINISHED', 'FAILED'].includes(fake.flow(id).status))

describe('a program that registers no SDK', () => {
  test('gets the trace of the flow as it came, in the context and in its log', async () => {
    const { fake, given, logged } = await working()
    await ended(fake, fake.enqueue('k', {}, { traceParent: PARENT }))
    expect(given).toEqual([PARENT])
    expect(logged).toContainEqual(expect.objectContaining({ kind: 'k', traceId: TRACE }))
  })

  test.each([['none', undefined], ['one that is malformed', `00-${TRACE}-0000000000000000-01`]])('gets null for %s', async (_which, traceParent) => {
    const { fake, given } = await working()
    await ended(fake, fake.enqueue('k', {}, traceParent === undefined ? {} : { traceParent }))
    expect(given).toEqual([null])
  })

  test('runHandler gives the trace that the test names', async () => {
    const run = runHandler(({ traceParent }) => traceParent, { traceParent: PARENT })
    expect(await run.outcome).toEqual({ status: 'FINISHED', result: PARENT })
  })
})

test('a control plane of the version before, which knows no traces, is asked without them', async () => {
  const asked: string[] = []
  const plane = createControlPlane(async ({ query }) => {
    asked.push(query)
    if (query.includes('traceParent')) throw new Rejected('Cannot query field "traceParent" on type "Flow".')
    return { claims: [] }
  })
  const { signal } = new AbortController()
  expect(await plane.claim({ workerId: 'w', max: 1, requestId: 'r', waitMs: 0 }, signal)).toEqual({ claims: [] })
  expect(asked.map(query => query.includes('traceParent'))).toEqual([true, false])
})

// Last: what is registered stays registered in this file.
test('a program that registers an SDK gets a span per attempt below the one that submitted the flow, and one for its report', async () => {
  const exporter = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
  const { fake, given } = await working(({ flow }) => (flow.input === null ? fail({ code: 'NO_INK', message: 'The ink is out' }) : null))
  const [fine, failing] = [fake.enqueue('k', {}, { traceParent: PARENT }), fake.enqueue('k', null, { traceParent: PARENT })]
  await ended(fake, fine)
  await ended(fake, failing)
  await fake.until(() => exporter.getFinishedSpans().length === 4)
  const spans = exporter.getFinishedSpans()
  const named = (name: string, id: string) => spans.find(span => span.name === name && span.attributes['messaging.message.id'] === id)
  expect(new Set(spans.map(span => span.spanContext().traceId))).toEqual(new Set([TRACE]))
  expect(named('process k', fine)).toMatchObject({ parentSpanContext: { spanId: 'b7ad6b7169203331', isRemote: true }, status: { code: 0 }, attributes: { 'sluice.outcome': 'finished' } })
  expect(named('process k', failing)).toMatchObject({ status: { code: 2, message: 'NO_INK' }, attributes: { 'error.type': 'NO_INK' } })
  expect(named('settle k', fine)?.parentSpanContext?.spanId).toBe(named('process k', fine)?.spanContext().spanId)
  expect(JSON.stringify(spans.map(({ name, status, attributes, events }) => ({ name, status, attributes, events })))).not.toContain('The ink')
  expect(given).toContain(`00-${TRACE}-${named('process k', fine)?.spanContext().spanId}-01`)
})
