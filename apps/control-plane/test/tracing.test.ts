import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Pool } from '@sluice/db'
import { openTracing } from '../src/observe/open-tracing.ts'
import { wantsTracing, type TracingSettings } from '../src/observe/tracing.ts'
import { readConfig } from '../src/config.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const parent = { traceId: TRACE, spanId: 'b7ad6b7169203331', flags: 1 }

afterEach(() => vi.unstubAllEnvs())

describe('what turns tracing on', () => {
  test.each([
    [{}, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }, true],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, true],
    [{ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }, false],
    [{ OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }, false],
  ])('%j: %s', (env, on) => {
    expect(wantsTracing(readConfig(env) satisfies TracingSettings)).toBe(on)
  })

  test.each([{ OTEL_TRACES_EXPORTER: 'jaeger' }, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }])('%j is refused at start, not passed over', (env) => {
    expect(() => readConfig(env)).toThrow(Object.keys(env)[0])
  })
})

/** What the first export sends, and what it looks like. */
async function exported(attempt: (o: { pool: Pool }) => Promise<void>): Promise<{ type: string; body: Buffer }> {
  const parts: Buffer[] = []
  const server = createServer((request: IncomingMessage, response) => {
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => response.writeHead(200).end())
    types.push(String(request.headers['content-type']))
  })
  const types: string[] = []
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  // A database that is away: spans that need it are lost, and nothing else is.
  await attempt({ pool: { query: () => Promise.reject(new Error('away')) } as unknown as Pool })
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  return { type: types[0] ?? '', body: Buffer.concat(parts) }
}

describe('a command', () => {
  test.each([['http/protobuf', 'application/x-protobuf'], ['http/json', 'application/json']] as const)('is sent as %s, below its caller, when the process closes', async (protocol, type) => {
    let told = ''
    const sent = await exported(async ({ pool }) => {
      const tracing = openTracing({ pool, version: '1', processId: 'srv_1', protocol })
      const span = tracing.command({ operation: 'createFlow', parent, requestId: 'r', principal: 'prn_1', began: Date.now() })
      span.statement({ name: 'insertFlows', ms: 1, rows: 1, failed: false })
      tracing.engine.moved([{ name: 'promote', flow: { id: 'flow_1', kind: 'k', lane: 'default' }, set: {} } as never], [{ id: 'flow_1', at: new Date() }])
      told = span.traceParent
      span.end({ outcome: 'ok', status: 200, flows: ['flow_1'], refusals: {} })
      await tracing.close()
    })
    expect(told).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`))
    expect(sent.type).toBe(type)
    const has = (text: string): boolean => sent.body.includes(protocol === 'http/json' ? text : Buffer.from(text, 'hex'))
    expect([has(TRACE), has(parent.spanId), has(told.split('-')[2] ?? '')]).toEqual([true, true, true])
    expect([sent.body.includes('command createFlow'), sent.body.includes('sql insertFlows'), sent.body.includes('sluice-control-plane')]).toEqual([true, true, true])
  })

  test('of a trace that its caller does not sample is not sent, and its flows still belong to it', async () => {
    let told = ''
    const sent = await exported(async ({ pool }) => {
      const tracing = openTracing({ pool, version: '1', processId: 'srv_1', protocol: 'http/json' })
      const span = tracing.command({ operation: 'createFlow', parent: { ...parent, flags: 0 }, requestId: 'r', principal: 'prn_1', began: Date.now() })
      told = span.traceParent
      span.end({ outcome: 'ok', status: 200, flows: [], refusals: {} })
      await tracing.close()
    })
    expect([told.slice(0, 35), told.slice(-2), sent.body.length]).toEqual([`00-${TRACE}`, '00', 0])
  })
})
