import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, test } from 'vitest'
import { parseAnswer, startReceiver, type ReceiverOptions } from '../src/receiver/index.ts'
import { HELP, Misused, readOptions } from '../src/receiver/options.ts'

const SECRETS = [`whsec_${Buffer.alloc(32, 1).toString('base64')}`, `whsec_${Buffer.alloc(24, 2).toString('base64')}`] as const

const disposals: (() => unknown)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

async function receiver(o: ReceiverOptions = {}) {
  const made = await startReceiver(o)
  disposals.push(made.close)
  return made
}

function signed(body: string, o: { secret?: string; at?: Date; id?: string } = {}) {
  const { secret = SECRETS[0], at = new Date(), id = 'dlv_1' } = o
  const timestamp = String(Math.floor(at.getTime() / 1000))
  return { method: 'POST', body, headers: { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': new Webhook(secret).sign(id, at, body) } }
}

describe('what came', () => {
  test('is told with its event, its delivery, and how often it has come', async () => {
    const { url, next, received } = await receiver()
    for (let time = 1; time <= 2; time++) await fetch(url, signed('{"type":"flow.finished","event_id":"evt_1"}'))
    expect(await next()).toMatchObject({ method: 'POST', path: '/', deliveryId: 'dlv_1', time: 1, event: { type: 'flow.finished' }, answered: '200' })
    expect(await next(({ time }) => time === 2)).toMatchObject({ event: { event_id: 'evt_1' } })
    expect(received.length).toBe(2)
  })

  test('is handed out once, to who asked before it came as well', async () => {
    const { url, next } = await receiver()
    const second = next(({ path }) => path === '/b')
    await fetch(`${url}a`, { method: 'POST' })
    await fetch(`${url}b`, { method: 'POST' })
    expect([(await second).path, (await next()).path]).toEqual(['/b', '/a'])
    await expect(next(undefined, { withinMs: 5 })).rejects.toThrow('none that fits came within 5 ms; 0 others did')
  })

  test('ends the waiting when it is closed', async () => {
    const { next, close } = await receiver()
    const waiting = next().catch((error: unknown) => String(error))
    await close()
    expect(await waiting).toContain('closed')
  })

  test.each<[string, string | null, (body: string) => RequestInit, readonly string[]]>([
    ['one secret', null, signed, [SECRETS[0]]],
    ['either of two', null, body => signed(body, { secret: SECRETS[1] }), SECRETS],
    ['another secret', 'signed with another secret, or changed on its way', body => signed(body, { secret: SECRETS[1] }), [SECRETS[0]]],
    ['another body', 'signed with another secret, or changed on its way', body => ({ ...signed(body), body: `${body} ` }), SECRETS],
    ['an old time', 'signed more than five minutes ago or ahead', body => signed(body, { at: new Date(Date.now() - 301_000) }), SECRETS],
    ['no signature', 'not signed', body => ({ method: 'POST', body, headers: { 'webhook-id': 'dlv_1', 'webhook-timestamp': '1' } }), SECRETS],
    ['no headers', 'no webhook-id or webhook-timestamp', body => ({ method: 'POST', body }), SECRETS],
    ['no secret of its own', 'no secret to verify with', signed, []],
  ])('is verified: %s gives %j', async (_what, unverified, requestOf, secrets) => {
    const { url, next } = await receiver({ secrets })
    await fetch(url, requestOf('{}'))
    expect((await next()).unverified).toBe(unverified)
  })
})

test.each([['refused where it has a secret', [SECRETS[0]], 400], ['taken where it has none', [], 200]] as const)('what does not verify is %s, in the program that people run', async (_what, secrets, status) => {
  const { url } = await receiver({ secrets, refusesUnverified: true })
  expect((await fetch(url, signed('{}', { secret: SECRETS[1] }))).status).toBe(status)
})

describe('what it answers', () => {
  test.each([
    ['ok', 200, {}], ['fail', 500, {}], ['fail/503', 503, {}], ['410', 410, {}], ['429/3', 429, { 'retry-after': '3' }], ['redirect', 302, { location: '/redirected' }],
  ])('%s as a path is %d', async (path, status, headers) => {
    const { url } = await receiver({ answer: { status: 204 } })
    const answer = await fetch(url + path, { method: 'POST', redirect: 'manual' })
    expect([answer.status, Object.fromEntries(answer.headers)]).toMatchObject([status, headers])
  })

  test.each(['drop', 'reset', 'garbage'])('%s is no answer', async word => {
    const { url, next } = await receiver()
    await expect(fetch(url + word, { method: 'POST' })).rejects.toThrow('fetch failed')
    expect((await next()).answered).toBe(word)
  })

  test.each(['stall', 'stall-body'])('%s does not end, until it is closed', async word => {
    const { url, next, close } = await receiver()
    const text = fetch(url + word, { method: 'POST' }).then(answer => answer.text()).catch(() => 'cut off')
    await next()
    await close()
    expect(await text).toBe('cut off')
  })

  test('is what it was told last, as often as it was told', async () => {
    const { url, answerWith } = await receiver({ answer: { status: 503 } })
    const statuses = async (count: number) => {
      const seen = []
      for (let i = 0; i < count; i++) seen.push((await fetch(url, { method: 'POST' })).status)
      return seen
    }
    expect(await statuses(2)).toEqual([503, 503])
    answerWith({ status: 500 }, { times: 2 })
    expect(await statuses(3)).toEqual([500, 500, 200])
    answerWith(({ path }) => ({ status: path === '/' ? 201 : 202 }))
    expect(await statuses(1)).toEqual([201])
  })

  test.each(['', 'hooks/1', '100', '600', '42', '429/x', 'ok/1', 'toString'])('%j is no word', text => {
    expect(parseAnswer(text)).toBeNull()
  })
})

describe('the program', () => {
  const read = (args: string[], env = {}) => readOptions({ args, env, checkout: '/checkout' })

  test.each<[string[], Record<string, string>, object]>([
    [[], {}, { port: 4401, answer: { status: 200 }, times: Number.POSITIVE_INFINITY, showsBody: false, secretsFrom: '.sluice/webhook-secret' }],
    [[], { RECEIVER_PORT: '5000', SLUICE_DATA_DIR: 'data', FLOW_WEBHOOK_SECRET: '' }, { port: 5000, secretsFrom: 'data/webhook-secret' }],
    [['4402', '--body'], { RECEIVER_PORT: '5000', FLOW_WEBHOOK_SECRET: 'whsec_a' }, { port: 4402, showsBody: true, secretsFrom: 'FLOW_WEBHOOK_SECRET' }],
    [['--answer', '500', '--times', '2', '--port', '0'], {}, { port: 0, answer: { status: 500 }, times: 2 }],
    [['--stall'], {}, { answer: 'stall' }],
    [['--retry-after', '3'], {}, { answer: { status: 429, headers: { 'retry-after': '3' } } }],
  ])('%j with %j', (args, env, expected) => {
    expect(read(args, env)).toMatchObject(expected)
  })

  test.each([
    [['--answer', 'nonsense'], '"nonsense" is no answer'], [['--stall', '--answer', '500'], 'one of them is enough'], [['99999'], 'The port must be'], [['x'], 'not "x"'],
    [['1', '2'], '"2" is too much'], [['--times', '-1'], '--times'], [['--unknown'], '--help'],
  ])('%j is refused, and says what is wrong', (args, message) => {
    expect(() => read(args)).toThrow(Misused)
    expect(() => read(args)).toThrow(message)
  })

  test('--help tells every word that is an answer', () => {
    expect(read(['--help'])).toBeNull()
    for (const word of ['ok', 'fail', 'redirect', 'stall', 'stall-body', 'drop', 'reset', 'garbage']) expect(HELP).toContain(`  ${word} `)
  })

  test('prints first what the server needs, and one line for each delivery; the secret may come later', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-receiver-'))
    disposals.push(() => rm(folder, { recursive: true }))
    const program = start(['--port', '0', '--answer', '500', '--times', '1', '--body'], { SLUICE_DATA_DIR: folder })
    const greeting = await program.printed(/misbehave/)
    expect(greeting).toMatch(/^SLUICE_DATA_DIR=\S+ WEBHOOK_ALLOW_HOSTS=127.0.0.1 WEBHOOK_ALLOW_HTTP=true npm start\n/)
    expect(greeting).toContain('so nothing can be verified')
    await writeFile(join(folder, 'webhook-secret'), `${SECRETS[0]}\n`)
    const url = /webhookUrl: \\"(.*?)\\"/.exec(greeting)?.[1] ?? ''
    const body = JSON.stringify({ type: 'flow.finished', event_id: 'evt_1', sequence: 4, data: { flow: { id: 'flow_1', title: 'A \u001b[31mtitle', status: 'FINISHED' } } })
    expect([(await fetch(url, signed(body))).status, (await fetch(url, signed(`${body} `))).status]).toEqual([500, 200])
    const printed = await program.printed(/→ 200\n.*\n/)
    expect(printed).toContain('flow.finished  flow_1 "A \\u001b[31mtitle" FINISHED  event evt_1 no. 4  delivery dlv_1  verified  → 500\n')
    expect(printed).toContain('delivery dlv_1 (time 2)  verified  → 200\n')
    expect(printed).toContain(body)
  })

  test('says so when its port is taken', async () => {
    const { port } = await receiver()
    const program = start([String(port)], {})
    expect(await program.ended()).toEqual({ code: 1, printed: expect.stringContaining('Another program listens on that port') })
  })
})

const PROGRAM = fileURLToPath(new URL('../src/receiver/main.ts', import.meta.url))

/** From source, with nothing of this environment but what it needs to run. */
function start(args: string[], env: Record<string, string>) {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  disposals.push(() => child.kill('SIGKILL'))
  let text = ''
  const chunks: NodeJS.ReadableStream[] = [child.stdout, child.stderr]
  for (const stream of chunks) stream.on('data', (chunk: Buffer) => void (text += chunk.toString()))
  return {
    printed: async (pattern: RegExp) => {
      while (!pattern.test(text)) await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => Promise.reject(new Error(`it ended:\n${text}`)))])
      return text
    },
    ended: async () => {
      await once(child, 'close')
      return { code: child.exitCode, printed: text }
    },
  }
}
