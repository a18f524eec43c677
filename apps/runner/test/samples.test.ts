import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '@sluice/protocol'
import { runHandler } from '@sluice/worker/testing'
import { createOutbound } from '@sluice/outbound'
import { commandKind, type CommandKind } from '../src/command-kind.ts'
import { readRunnerFile } from '../src/runner-file.ts'
import { sampleFile } from '../src/sample-kinds.ts'
import { digest } from '../src/samples/digest.ts'
import { fetchHealth } from '../src/samples/fetch.ts'
import { languages } from '../src/samples/languages.ts'
import { BadInput, secondsOf, type Sample } from '../src/samples/sample.ts'

const self = [process.execPath, '--import', import.meta.resolve('tsx'), fileURLToPath(new URL('../src/main.ts', import.meta.url))]
let checkout: string
let server: Server
let url: string

beforeAll(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'sluice-checkout-'))
  await mkdir(join(checkout, 'src/deep'), { recursive: true })
  await mkdir(join(checkout, 'node_modules/much'), { recursive: true })
  await writeFile(join(checkout, 'src/a.ts'), 'one\ntwo\n')
  await writeFile(join(checkout, 'src/deep/b.md'), 'no end of line')
  await writeFile(join(checkout, 'src/deep/picture.bin'), Buffer.from([0, 10, 10]))
  await writeFile(join(checkout, 'src/.secret'), 'hidden')
  await writeFile(join(checkout, 'node_modules/much/index.js'), 'made')
  await symlink('/etc', join(checkout, 'src/out'))
  await symlink(join(checkout, 'src/deep'), join(checkout, 'shortcut'))
  server = createServer((request, response) => response.writeHead(request.url === '/healthz' ? 200 : 404).end('ok'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(checkout, { recursive: true })
})

const run = (kind: string, input: object) => {
  const places = { folder: checkout, self, checkout, controlPlane: url, outbound: createOutbound({ allowHosts: '', allowHttp: false }) }
  const spec = readRunnerFile(sampleFile(), places)[kind] as CommandKind
  return runHandler(commandKind(spec, { env: {}, cancelGraceMs: 1_000, resultMaxBytes: 1024 ** 2 }), { input, flow: { kind } })
}
/** The same without a process, for what needs many of them. */
const inProcess = (sample: Sample, input: Record<string, Json>) =>
  sample({ place: sample === fetchHealth ? url : checkout, input, progress: () => {}, pace: () => Promise.resolve() })
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')

describe('sample.digest', () => {
  test('is the SHA-256 of every file below the folder, without links, hidden and made files', async () => {
    const started = run('sample.digest', { folder: 'src' })
    const entries = [['src/a.ts', 'one\ntwo\n'], ['src/deep/b.md', 'no end of line'], ['src/deep/picture.bin', Buffer.from([0, 10, 10])]] as const
    const listing = entries.map(([path, content]) => `${sha256(content)}  ${path}\n`).join('')
    expect(await started.outcome).toEqual({
      status: 'FINISHED',
      result: {
        folder: 'src', files: 3, bytes: 25, sha256: sha256(listing), linksNotFollowed: 1, unreadable: 0,
        entries: entries.map(([path, content]) => ({ path, sha256: sha256(content), bytes: content.length })),
      },
    })
    expect(started.progress.at(-1)).toEqual({ percent: 100, message: '3 of 3 files' })
  })

  test('takes at least the seconds it was given, and not much longer', async () => {
    const since = performance.now()
    await run('sample.digest', { folder: 'src', seconds: 1 }).outcome
    expect(performance.now() - since).toBeGreaterThan(1_000)
    expect(performance.now() - since).toBeLessThan(4_000)
  })

  test.each([
    ['../elsewhere', 'leads out of the checkout'],
    ['/etc', 'leads out of the checkout'],
    ['src/out', 'goes through a symbolic link'],
    ['shortcut', 'goes through a symbolic link'],
    ['src/../node_modules/much', 'is left out'],
    ['nowhere', 'there is no folder "nowhere"'],
    ['src/a.ts', 'there is no folder'],
    ['src\u0000/a', 'folder must be a text'],
  ])('folder %j is refused: it %s', async (folder, why) => {
    await expect(inProcess(digest, { folder })).rejects.toThrow(why)
    await expect(inProcess(digest, { folder })).rejects.toBeInstanceOf(BadInput)
    await expect(inProcess(languages, { folder })).rejects.toThrow(why)
  })

  test('a refused folder fails the flow with a sentence, and no retry', async () => {
    expect(await run('sample.digest', { folder: '../elsewhere' }).outcome).toMatchObject({
      status: 'FAILED',
      error: { message: 'sample.digest exited with code 65: folder "../elsewhere" leads out of the checkout', retryable: false, detail: { exitCode: 65 } },
    })
  })
})

test('sample.languages counts files and lines by language', async () => {
  expect(await run('sample.languages', { folder: 'src' }).outcome).toMatchObject({
    status: 'FINISHED',
    result: {
      files: 3, lines: 3, linksNotFollowed: 1,
      languages: [{ language: 'TypeScript', files: 1, lines: 2 }, { language: 'Markdown', files: 1, lines: 1 }, { language: 'Other', files: 1, lines: 0 }],
    },
  })
})

describe('sample.fetch', () => {
  test('asks the health of the control plane by default, and what HTTP answers is a result', async () => {
    expect(await run('sample.fetch', {}).outcome).toMatchObject({ status: 'FINISHED', result: { url: `${url}/healthz`, status: 200, body: 'ok', requests: 1 } })
    expect(await inProcess(fetchHealth, { path: '/nothing' })).toMatchObject({ status: 404 })
  })

  test('a control plane that restarts is asked again', async () => {
    server.prependOnceListener('request', request => request.socket.destroy())
    expect(await run('sample.fetch', {}).outcome).toMatchObject({ status: 'FINISHED', result: { status: 200, unanswered: 1 } })
  })

  test.each(['//example.com/', '/\\example.com/', 'http://example.com/', 'relative'])('path %j is refused: no other address is asked', async path => {
    await expect(inProcess(fetchHealth, { path })).rejects.toBeInstanceOf(BadInput)
  })
})

test.each([601, -1, '5'])('seconds %j are refused', seconds => {
  expect(() => secondsOf({ seconds })).toThrow('seconds must be a number from 0 to 600')
})
