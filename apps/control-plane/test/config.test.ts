import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ConfigRefused, readConfig, type Environment } from '../src/config.ts'
import { KNOBS } from '../src/config/knobs.ts'

const problems = (env: Environment): string[] => {
  try {
    readConfig(env)
    return []
  } catch (error) {
    if (error instanceof ConfigRefused) return error.problems
    throw error
  }
}

test('an empty environment gives the defaults of the specification, frozen', () => {
  const config = readConfig({})
  expect(config).toMatchObject({
    databaseUrl: null, dataDir: '.sluice', host: '127.0.0.1', port: 4400, publicUrl: null, address: 'http://127.0.0.1:4400', roles: ['api', 'dispatcher'],
    maxConcurrentFlows: 0, leaseTtlMs: 45_000, heartbeatMs: 15_000, startTimeoutMs: 60_000, maxLostStarts: 5, cancelGraceMs: 30_000,
    retryBackoffMinMs: 1_000, retryBackoffMaxMs: 60_000, runnerCapacity: 8, runnerGraceMs: 30_000, attemptTimeoutMs: null, flowDeadlineMs: null, queueTtlMs: null,
    inputMaxBytes: 262_144, resultMaxBytes: 1_048_576, bodyMaxBytes: 8_388_608, queryDepth: 12, queryCost: 5000, subscriptionsPerSocket: 100,
    idempotencyWindowMs: 86_400_000, keepaliveMs: 15_000, subscriberBuffer: 1000, pageDefault: 50, pageMax: 200,
    sweepPromoterMs: 5_000, sweepFeedMs: 1_000, sweepCountsMs: 1_000, sweepLeasesMs: 5_000, sweepDeadlinesMs: 5_000,
  })
  expect(Object.isFrozen(config)).toBe(true)
})

test.each([
  ['HEARTBEAT', '500ms', 500], ['HEARTBEAT', '7s', 7_000], ['HEARTBEAT_MS', '250', 250],
  ['IDEMPOTENCY_WINDOW', '10m', 600_000], ['IDEMPOTENCY_WINDOW', '24h', 86_400_000], ['IDEMPOTENCY_WINDOW', '7d', 604_800_000],
  ['INPUT_MAX', '64KiB', 65_536], ['INPUT_MAX', '1MiB', 1_048_576], ['INPUT_MAX', '1000', 1000],
  ['ROLES', 'dispatcher', ['dispatcher']], ['ROLES', 'dispatcher, api', ['api', 'dispatcher']],
  ['DATABASE_URL', 'postgres://a:b@h/d', 'postgres://a:b@h/d'], ['DATABASE_URL', '', null], ['PORT', '0', 0],
  ['WEBHOOK_ALLOW_HOSTS', 'hooks.corp.example, 10.1.0.0/16', 'hooks.corp.example, 10.1.0.0/16'], ['WEBHOOK_ALLOW_HTTP', 'true', true],
])('%s=%s is read', (name, text, value) => {
  const key = Object.entries(KNOBS).find(([, knob]) => name === knob.name || name === `${knob.name}_MS`)?.[0] as keyof typeof KNOBS
  expect(readConfig({ [name]: text })[key]).toEqual(value)
})

test.each([
  ['HEARTBEAT', '15', 'a duration such as'], ['HEARTBEAT', '1.5s', 'a duration such as'], ['HEARTBEAT', '15 s', 'a duration such as'],
  ['HEARTBEAT', '-1s', 'a duration such as'], ['HEARTBEAT', '1toString', 'a duration such as'], ['HEARTBEAT_MS', '15s', 'whole number of milliseconds'],
  ['HEARTBEAT', '90d', 'must not be above'], ['INPUT_MAX', '64KB', 'a size such as'], ['PORT', '65536', 'must not be above 65535'], ['PORT', 'http', 'whole number'],
  ['MAX_CONCURRENT_FLOWS', '-1', 'must not be below 0'], ['ROLES', 'api,worker', 'some of api, dispatcher'], ['ROLES', ',', 'some of'],
  ['DATABASE_URL', 'mysql://x', 'postgresql:// or postgres://'], ['PUBLIC_URL', 'example.org', 'http:// or https://'],
  ['WEBHOOK_ALLOW_HOSTS', 'a.example, 10.0.0.0/33', '"10.0.0.0/33" is neither'], ['WEBHOOK_ALLOW_HTTP', 'yes', 'true or false'],
])('%s=%s is refused by name', (name, text, reason) => {
  expect(problems({ [name]: text })).toEqual([expect.stringMatching(new RegExp(`^${name} is "`))])
  expect(problems({ [name]: text })[0]).toContain(reason)
})

test.each([
  [{ LEASE_TTL: '30s' }, 'LEASE_TTL'], [{ RETRY_BACKOFF_MIN: '2m' }, 'RETRY_BACKOFF_MIN'], [{ PAGE_MAX: '10' }, 'PAGE_DEFAULT'],
  [{ INPUT_MAX: '9MiB' }, 'INPUT_MAX'], [{ RESULT_MAX: '9MiB' }, 'RESULT_MAX'], [{ HEARTBEAT: '1s', HEARTBEAT_MS: '1000' }, 'both set'],
])('the combination %o is refused', (env, named) => {
  expect(problems(env)).toEqual([expect.stringContaining(named)])
})

test.each([
  ['LEASE_TLL', 'LEASE_TTL'], ['SLUICE_DATA', 'SLUICE_DATA_DIR'], ['SWEEP_LEASE', 'SWEEP_LEASES'], ['FLOW_DEADLINES', 'FLOW_DEADLINE'],
  ['HEARTBEATS', 'HEARTBEAT'], ['MAX_CONCURENT_FLOWS', 'MAX_CONCURRENT_FLOWS'], ['PUBLICURL', 'PUBLIC_URL'], ['DATABASE_ULR', 'DATABASE_URL'],
])('the unknown %s is refused, naming %s', (name, nearest) => {
  expect(problems({ [name]: 'x' })).toEqual([`${name} is no knob of Sluice; the nearest is ${nearest}.`])
})

test('what belongs to others is left alone', () => {
  expect(problems({ HOSTNAME: 'x', HOSTS: 'x', PATH: '/bin', SLUICE_URL: 'http://x', SLUICE_TOKEN: 'x', LEASE_TTL: '' })).toEqual([])
})

test('everything wrong is said at once, and a password is not repeated', () => {
  const said = problems({ PORT: 'x', PAGE_MAX: 'y', DATABASE_URL: 'mysql://me:secret@host/db' })
  expect(said).toHaveLength(3)
  expect(said.join()).not.toContain('secret')
})

test('.env.example names every knob with its default, and nothing else', () => {
  const lines = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8').split('\n')
  const listed = lines.map(line => /^# ([A-Z_]+)=(.*)$/.exec(line)).filter(match => match !== null)
  expect(listed.map(([, name, value]) => [name, value])).toEqual(Object.values(KNOBS).map(knob => [knob.name, knob.default ?? '']))
})
