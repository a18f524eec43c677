import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ConfigRefused, SERVER_ONLY, readConfig, readServerConfig, secretsOf, type Environment } from '../src/config.ts'
import { KNOBS, secretNames } from '../src/config/knobs.ts'

const KEY = Buffer.alloc(32, 7)
const KEY_TEXT = KEY.toString('base64')
const secretOf = (bytes: number, fill = 7): string => `whsec_${Buffer.alloc(bytes, fill).toString('base64')}`

const problems = (env: Environment, read = readConfig): string[] => {
  try {
    read(env)
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
    webhookUrl: null, flowWebhookSecrets: null, webhookAllowUnsigned: false, webhookAllowHosts: null, webhookAllowHttp: false, webhookMaxAttempts: 5,
    webhookScheduleMs: [5_000, 30_000, 120_000, 600_000], webhookTimeoutMs: 10_000, webhookConcurrency: 32, webhookPerHost: 4, webhookDisableAfter: 20,
    webhookRetentionDays: 30, sweepDeliveriesMs: 1_000, dataEncryptionKeys: null,
  })
  expect(Object.isFrozen(config)).toBe(true)
})

test.each([
  ['HEARTBEAT', '500ms', 500], ['HEARTBEAT', '7s', 7_000], ['HEARTBEAT_MS', '250', 250],
  ['IDEMPOTENCY_WINDOW', '10m', 600_000], ['IDEMPOTENCY_WINDOW', '24h', 86_400_000], ['IDEMPOTENCY_WINDOW', '7d', 604_800_000],
  ['INPUT_MAX', '64KiB', 65_536], ['INPUT_MAX', '1MiB', 1_048_576], ['INPUT_MAX', '1000', 1000],
  ['ROLES', 'dispatcher', ['dispatcher']], ['ROLES', 'dispatcher, api', ['api', 'dispatcher']],
  ['DATABASE_URL', 'postgres://a:b@h/d', 'postgres://a:b@h/d'], ['DATABASE_URL', '', null], ['PORT', '0', 0],
  ['WEBHOOK_SCHEDULE', '1s', [1_000]], ['WEBHOOK_SCHEDULE', '500ms, 1m,2h', [500, 60_000, 7_200_000]], ['WEBHOOK_TIMEOUT', '30s', 30_000],
  ['FLOW_WEBHOOK_URL', 'https://a.example/T0?k=v', 'https://a.example/T0?k=v'], ['FLOW_WEBHOOK_SECRET', secretOf(24), [secretOf(24)]],
  ['FLOW_WEBHOOK_SECRET', `${secretOf(64)}, ${secretOf(32)},${secretOf(64)}`, [secretOf(64), secretOf(32)]],
  ['DATA_ENCRYPTION_KEY', KEY_TEXT, [KEY]], ['DATA_ENCRYPTION_KEY', `${Buffer.alloc(32).toString('base64')}, ${KEY_TEXT}`, [Buffer.alloc(32), KEY]],
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
  ['WEBHOOK_SCHEDULE', '5s,30', 'durations such as 5s,30s,2m'], ['WEBHOOK_SCHEDULE', '5s,,1m', 'durations such as'], ['WEBHOOK_SCHEDULE', '0s', 'must not be below'],
  ['WEBHOOK_TIMEOUT', '31s', 'must not be above'], ['WEBHOOK_MAX_ATTEMPTS', '0', 'must not be below 1'], ['WEBHOOK_MAX_ATTEMPTS', '101', 'must not be above 100'],
  ['WEBHOOK_ALLOW_UNSIGNED', '1', 'true or false'], ['WEBHOOK_CONCURRENCY', '0', 'must not be below 1'], ['WEBHOOK_RETENTION_DAYS', '-1', 'must not be below 0'],
  ['WEBHOOK_ALLOW_HOSTS', 'a.example, 10.0.0.0/33', '"10.0.0.0/33" is neither'], ['WEBHOOK_ALLOW_HTTP', 'yes', 'true or false'],
])('%s=%s is refused by name', (name, text, reason) => {
  expect(problems({ [name]: text })).toEqual([expect.stringMatching(new RegExp(`^${name} is "`))])
  expect(problems({ [name]: text })[0]).toContain(reason)
})

test.each([
  [{ LEASE_TTL: '30s' }, 'LEASE_TTL'], [{ RETRY_BACKOFF_MIN: '2m' }, 'RETRY_BACKOFF_MIN'], [{ PAGE_MAX: '10' }, 'PAGE_DEFAULT'],
  [{ WEBHOOK_PER_HOST: '33' }, 'WEBHOOK_CONCURRENCY'], [{ WEBHOOK_CONCURRENCY: '3' }, 'WEBHOOK_PER_HOST'], [{ INPUT_MAX: '9MiB' }, 'INPUT_MAX'], [{ RESULT_MAX: '9MiB' }, 'RESULT_MAX'], [{ HEARTBEAT: '1s', HEARTBEAT_MS: '1000' }, 'both set'],
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

test.each(['secret', 'se@secret', 'a/b:secret@'])('everything wrong is said at once, and the password "%s" is not repeated', password => {
  const said = problems({ PORT: 'x', PAGE_MAX: 'y', DATABASE_URL: `mysql://me:${password}@host/db` })
  expect(said).toHaveLength(3)
  expect(said.join()).not.toContain('secret')
})

describe('INV-31 a secret is refused by its name and its fault, and not repeated', () => {
  const SHORT = Buffer.alloc(31, 9).toString('base64')
  test.each([
    ['FLOW_WEBHOOK_URL', 'ftp://hooks.example/T0/B0', 'begins with http:// or https://'], ['FLOW_WEBHOOK_URL', 'T0B0secret', 'begins with http:// or https://'],
    ['FLOW_WEBHOOK_SECRET', KEY_TEXT, 'whsec_ and base64'], ['FLOW_WEBHOOK_SECRET', 'whsec_', 'whsec_ and base64'], ['FLOW_WEBHOOK_SECRET', `whsec_${'ä'.repeat(40)}`, 'whsec_ and base64'],
    ['FLOW_WEBHOOK_SECRET', secretOf(32).replace('=', ''), 'whsec_ and base64'], ['FLOW_WEBHOOK_SECRET', `${secretOf(32)},`, 'whsec_ and base64'],
    ['FLOW_WEBHOOK_SECRET', secretOf(23), '24 to 64 bytes behind whsec_, and one has 23'], ['FLOW_WEBHOOK_SECRET', `${secretOf(32)},${secretOf(65)}`, 'one has 65'],
    ['WAITPOINT_HMAC_SECRET', SHORT, '32 bytes or more and has 31'], ['WAITPOINT_HMAC_SECRET', KEY_TEXT.replace('=', ''), '32 bytes or more in base64'],
    ['DATA_ENCRYPTION_KEY', SHORT, '32 bytes and one has 31'], ['DATA_ENCRYPTION_KEY', `${KEY_TEXT},${Buffer.alloc(33, 9).toString('base64')}`, 'one has 33'],
    ['DATA_ENCRYPTION_KEY', 'correct horse battery staple', '32 bytes in base64'], ['DATA_ENCRYPTION_KEY', KEY.toString('hex'), 'one has 48'],
    ['DATA_ENCRYPTION_KEY', KEY_TEXT.replace('=', ''), '32 bytes in base64'], ['DATA_ENCRYPTION_KEY', `${KEY_TEXT}\n${KEY_TEXT}`, '32 bytes in base64'],
  ])('%s=%s', (name, value, reason) => {
    for (const read of [readConfig, readServerConfig]) {
      expect(problems({ [name]: value }, read)).toEqual([expect.stringMatching(new RegExp(`^${name} cannot be used: `))])
      const [said = ''] = problems({ [name]: value }, read)
      expect(said).toContain(reason)
      for (const each of value.split(/[,/\n]/).filter(part => part.length > 6)) expect(said).not.toContain(each)
    }
  })
})

describe('what only a server needs', () => {
  const SERVER = { DATABASE_URL: 'postgres://a:b@h/d', DATA_ENCRYPTION_KEY: KEY_TEXT, WAITPOINT_HMAC_SECRET: Buffer.alloc(48, 3).toString('base64') }
  const HOOK = 'https://hooks.example/T0/B0'
  const refused = (env: Environment): string[] => problems(env, readServerConfig)

  test('with DATABASE_URL it needs a key and a secret of waits, and is told how to make them', () => {
    expect(refused({ DATABASE_URL: SERVER.DATABASE_URL })).toEqual([
      expect.stringMatching(/DATA_ENCRYPTION_KEY.*`openssl rand -base64 32`.*keep it/), expect.stringMatching(/WAITPOINT_HMAC_SECRET.*`openssl rand -base64 32`/),
    ])
    expect(refused(SERVER)).toEqual([])
    expect(refused({})).toEqual([])
  })

  test('every knob that is secret is hidden from the runner and in the log', () => {
    const env = { ...SERVER, FLOW_WEBHOOK_URL: HOOK, FLOW_WEBHOOK_SECRET: `${secretOf(32)},${secretOf(24, 9)}` }
    const hidden = secretsOf(readServerConfig(env))
    for (const name of secretNames()) {
      expect(SERVER_ONLY).toHaveProperty(name, undefined)
      for (const value of String(env[name as keyof typeof env]).split(',')) expect(hidden.some(each => value.includes(each))).toBe(true)
    }
    expect(SERVER_ONLY).toHaveProperty('DATABASE_URL', undefined)
    expect(secretsOf(readServerConfig({}))).toEqual([])
  })

  test('the command that is named makes a key', () => {
    const [said = ''] = refused({ DATABASE_URL: SERVER.DATABASE_URL })
    const [, code = ''] = /`node -p "([^`]+)"`/.exec(said) ?? []
    const made = spawnSync(process.execPath, ['-p', code], { encoding: 'utf8' }).stdout.trim()
    expect(refused({ ...SERVER, DATA_ENCRYPTION_KEY: made, WAITPOINT_HMAC_SECRET: made })).toEqual([])
  })

  test('FLOW_WEBHOOK_URL needs a secret, unless unsigned events are allowed or one will be made', () => {
    expect(refused({ ...SERVER, FLOW_WEBHOOK_URL: HOOK })).toEqual([expect.stringMatching(/FLOW_WEBHOOK_SECRET.*WEBHOOK_ALLOW_UNSIGNED=true/)])
    expect(refused({ ...SERVER, FLOW_WEBHOOK_URL: HOOK, WEBHOOK_ALLOW_UNSIGNED: 'true' })).toEqual([])
    expect(refused({ ...SERVER, FLOW_WEBHOOK_URL: HOOK, FLOW_WEBHOOK_SECRET: secretOf(32) })).toEqual([])
    expect(refused({ FLOW_WEBHOOK_URL: HOOK })).toEqual([])
  })

  test.each([
    ['http://127.0.0.1:4401/T0B0secret', ['WEBHOOK_ALLOW_HOSTS=127.0.0.1', 'WEBHOOK_ALLOW_HTTP=true']], ['https://[::ffff:10.0.0.1]/T0B0secret', ['WEBHOOK_ALLOW_HOSTS']],
    ['https://localhost/T0B0secret', ['WEBHOOK_ALLOW_HOSTS=localhost']], ['https://169.254.169.254/T0B0secret', ['metadata', 'no knob']],
    ['https://me:T0B0secret@hooks.example/', ['user name or password']], ['https://T0B0secret..example/', ['its host has a malformed host name']],
    ['http://hooks.example/?T0B0secret', ['WEBHOOK_ALLOW_HTTP=true']],
  ])('INV-30 INV-31 %s is refused by the address policy, with the knobs that lift it and without its secret', (url, named) => {
    const said = refused({ FLOW_WEBHOOK_URL: url })
    expect(said).toEqual([expect.stringMatching(/^FLOW_WEBHOOK_URL cannot be called: /)])
    for (const each of named) expect(said[0]).toContain(each)
    expect(said[0]?.toLowerCase()).not.toContain('t0b0secret')
  })

  test('what the knobs allow is called', () => {
    expect(refused({ FLOW_WEBHOOK_URL: 'http://127.0.0.1:4401/x', WEBHOOK_ALLOW_HOSTS: '127.0.0.1', WEBHOOK_ALLOW_HTTP: 'true' })).toEqual([])
  })

  test('a verb goes on without any of it', () => {
    expect(problems({ DATABASE_URL: SERVER.DATABASE_URL, FLOW_WEBHOOK_URL: 'http://127.0.0.1/' })).toEqual([])
  })

  test('all of it is said at once, together with what every program refuses', () => {
    expect(refused({ DATABASE_URL: SERVER.DATABASE_URL, FLOW_WEBHOOK_URL: 'http://127.0.0.1/', PAGE_MAX: '10' })).toHaveLength(5)
  })
})

test('.env.example names every knob with its default, and nothing else', () => {
  const lines = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8').split('\n')
  const listed = lines.map(line => /^# ([A-Z_]+)=(.*)$/.exec(line)).filter(match => match !== null)
  expect(listed.map(([, name, value]) => [name, value])).toEqual(Object.values(KNOBS).map(knob => [knob.name, knob.default ?? '']))
})
