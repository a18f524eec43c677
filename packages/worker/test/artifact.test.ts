import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createArtifacts } from '../src/attempt/artifact.ts'
import { defineKind, type FlowContext } from '../src/index.ts'
import { createAddresses } from '../src/wire/addresses.ts'
import { createUploader } from '../src/wire/upload.ts'
import { runHandler } from '../src/testing/index.ts'
import { started } from './start.ts'

const kindOf = (handler: (context: FlowContext) => unknown) => ({ k: defineKind({ handler }) })
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64')
const spools = () => readdirSync(tmpdir()).filter(name => name.startsWith('sluice-artifact-'))

test('a text, bytes, a file and a stream are stored under their names, with their digest', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-file-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'f'), 'from a file')
  const { fake } = await started(kindOf(async ({ artifact }) => [
    await artifact('report.md', '# Grüße', { mediaType: 'text/markdown' }),
    await artifact('bytes', new Uint8Array([1, 2, 3])),
    await artifact('file', { file: join(folder, 'f') }),
    await artifact('a stream/with a name', Readable.from(['from ', 'a stream'])),
    await artifact('empty', ''),
  ]))
  const before = spools()
  const id = fake.enqueue('k')
  await fake.until(() => fake.flow(id).status === 'FINISHED')
  const { artifacts } = fake.flow(id)
  expect(Object.entries(artifacts).map(([name, { mediaType, content }]) => [name, mediaType, content.toString()])).toEqual([
    ['report.md', 'text/markdown', '# Grüße'], ['bytes', 'application/octet-stream', '\x01\x02\x03'], ['file', 'application/octet-stream', 'from a file'],
    ['a stream/with a name', 'application/octet-stream', 'from a stream'], ['empty', 'text/plain; charset=utf-8', ''],
  ])
  expect(fake.flow(id).result).toMatchObject([{ name: 'report.md', mediaType: 'text/markdown', size: 9, digest: `sha-256=:${sha256('# Grüße')}:` }, {}, {}, {}, { size: 0 }])
  expect(spools()).toEqual(before)
})

test.each(['lose the request', 'lose the answer', { http: 503 }] as const)('a stream is sent again after %j, although it can be read only once', async fault => {
  const { fake } = await started(kindOf(({ artifact }) => artifact('a', Readable.from(['once'])).then(() => null)))
  fake.next('artifact', fault, 2)
  const id = fake.enqueue('k')
  await fake.until(() => fake.flow(id).status === 'FINISHED')
  expect(fake.flow(id).artifacts['a']?.content.toString()).toBe('once')
  expect(fake.calls('artifact')).toHaveLength(3)
})

test('INV-19 with a lease that was lost nothing is stored, and the handler hears it', async () => {
  const heard: string[] = []
  const { fake } = await started(kindOf(async ({ artifact }) => {
    await artifact('a', slowly()).catch(error => heard.push(String((error as { reason?: string }).reason)))
  }))
  let go: () => void = () => {}
  const gate = new Promise<void>(resolve => (go = resolve))
  async function* slowly() {
    yield Buffer.from('a')
    await gate
  }
  fake.next('heartbeat', 'never answer', 9)
  const id = fake.enqueue('k')
  await fake.until(() => fake.flow(id).started)
  fake.change(id, { epoch: 9 })
  go()
  await fake.until(() => heard.length === 1)
  expect([heard, fake.flow(id).artifacts]).toEqual([['lease_lost'], {}])
})

test('a file that is not there, and a stream that breaks, are failures of the handler', async () => {
  const { fake } = await started({
    file: defineKind({ handler: ({ artifact }) => artifact('a', { file: '/no/such/file' }) }),
    stream: defineKind({ handler: ({ artifact }) => artifact('a', (async function* () { yield Buffer.from('a'); throw new RangeError('torn') })()) }),
  })
  const before = spools()
  const ids = [fake.enqueue('file'), fake.enqueue('stream')]
  await fake.until(() => ids.every(id => fake.flow(id).status === 'FAILED'))
  expect(ids.map(id => fake.flow(id).error)).toMatchObject([{ message: expect.stringContaining('ENOENT') as string }, { message: 'torn' }])
  expect(spools()).toEqual(before)
})

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const LOOK_EACH = 8 * 1024 ** 2

/** What is really held, after a collection, at each 8 MiB of what passes. */
function watchHeld() {
  const heldNow = () => (collect(), process.memoryUsage().heapUsed + process.memoryUsage().external)
  const before = heldNow()
  let [passed, most] = [0, 0]
  return {
    grown: () => most,
    pass(bytes: number) {
      passed += bytes
      if (passed % LOOK_EACH < bytes) most = Math.max(most, heldNow() - before)
    },
  }
}

test('of 96 MiB that go up less than 24 are held at any time, and a refusal in mid-stream is heard', async () => {
  let taken = 0
  const held = watchHeld()
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/refused')) return response.writeHead(413, { connection: 'close' }).end(JSON.stringify({ code: 'LIMIT_EXCEEDED', message: 'too much' }))
    request.on('data', (chunk: Buffer) => (held.pass(chunk.length), (taken += chunk.length))).on('end', () => response.writeHead(201).end('{}'))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const upload = createUploader({ addresses: createAddresses(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), token: 't' })
  const { signal } = new AbortController()
  const answers: object[] = []
  const put = createArtifacts({ signal, talk: { upload: async (artifact, body) => void answers.push(await upload({ lease: { flowId: 'f', attempt: 0, epoch: 1 }, artifact, body, signal })) } })
  async function* much() {
    for (let i = 0; i < 1_536; i++) {
      held.pass(64 * 1024)
      yield Buffer.alloc(64 * 1024, i)
    }
  }
  await put('large', much())
  expect(held.grown()).toBeLessThan(24 * 1024 ** 2)
  await put('refused', much())
  expect([taken, answers]).toEqual([96 * 1024 ** 2, [{}, { code: 'LIMIT_EXCEEDED', message: 'too much' }]])
})

describe('what was left behind', () => {
  const LEFT = { 'a draft': { mediaType: 'text/plain', content: Buffer.from('half of it') } }
  const reading = kindOf(async ({ artifact, readArtifact }) => {
    const [draft, none] = [await readArtifact('a draft'), await readArtifact('none')]
    await artifact('a draft', `${await draft?.text()}, and the rest`)
    return [none, await (await readArtifact('a draft'))?.text()]
  })

  test.each([null, 'lose the request', 'lose the answer', { http: 503 }] as const)('by an earlier attempt is read, and after %j again', async fault => {
    const { fake } = await started(reading)
    if (fault) fake.next('readArtifact', fault, 2)
    const id = fake.enqueue('k', {}, { artifacts: { ...LEFT } })
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).result).toEqual([null, 'half of it, and the rest'])
  })

  test('INV-19 is not taken for nothing when the lease was lost', async () => {
    const heard: unknown[] = []
    let go: () => void = () => {}
    const gate = new Promise<void>(resolve => (go = resolve))
    const { fake } = await started(kindOf(async ({ readArtifact }) => {
      await gate
      heard.push(await readArtifact('a draft').catch(error => (error as { reason?: string }).reason))
    }))
    fake.next('heartbeat', 'never answer', 9)
    const id = fake.enqueue('k', {}, { artifacts: { ...LEFT } })
    await fake.until(() => fake.flow(id).started)
    fake.change(id, { epoch: 9 })
    go()
    await fake.until(() => heard.length === 1)
    expect(heard).toEqual(['lease_lost'])
  })

  test('is given by a test, and so is what the handler itself stored', async () => {
    const run = runHandler(reading.k, { artifacts: { 'a draft': 'half' } })
    expect(await run.outcome).toEqual({ status: 'FINISHED', result: [null, 'half, and the rest'] })
  })
})

test('what was attached before the start is there', async () => {
  const { fake } = await started(kindOf(({ inputs }) => inputs))
  const inputs = [{ id: 'inp_1', author: 'prn_1', content: { text: 'hello' }, createdAt: '2026-01-01T00:00:00.000Z' }]
  const id = fake.enqueue('k', {}, { inputs })
  await fake.until(() => fake.flow(id).status === 'FINISHED')
  expect(fake.flow(id).result).toEqual(inputs)
})
