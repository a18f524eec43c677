import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { AttemptReport } from '@sluice/protocol'
import { expect, test, vi } from 'vitest'
import { verify } from '../src/receiver/index.ts'
import { certificateAuthority, type Issued } from './certificates.ts'
import { SECRET, afterwards, spelled } from './sending.ts'

// Each starts a program.
vi.setConfig({ testTimeout: 30_000 })

const NAME = 'hooks.example.com'
const authority = certificateAuthority('An authority of the tests')

interface Heard { headers: IncomingHttpHeaders; body: Buffer }

/** A receiver behind a certificate. */
async function receiver(issued: Issued) {
  const heard: Heard[] = []
  const server = createServer(issued, (request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      heard.push({ headers: request.headers, body: Buffer.concat(parts) })
      response.end('thanks')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterwards(() => new Promise(resolve => { server.close(resolve); server.closeAllConnections() }))
  return { heard, port: (server.address() as AddressInfo).port }
}

async function attempt(url: string, o: { trusts: string | null }): Promise<AttemptReport> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-https-'))
  afterwards(() => rm(dir, { recursive: true }))
  const file = join(dir, 'authority.pem')
  if (o.trusts !== null) await writeFile(file, o.trusts)
  const program = fileURLToPath(new URL('attempt-once.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program, url], { env: o.trusts === null ? {} : { NODE_EXTRA_CA_CERTS: file } })
  return JSON.parse(stdout) as AttemptReport
}

test('over https it is delivered and verified, to the name that the certificate is for', async () => {
  const { heard, port } = await receiver(authority.issue(NAME))
  expect(await attempt(`https://${NAME}:${port}/hooks`, { trusts: authority.cert })).toMatchObject({ statusCode: 200, errorClass: null, address: '127.0.0.1', responseExcerpt: 'thanks' })
  expect(heard).toHaveLength(1)
  expect(heard.map(({ headers, body }) => [headers.host, verify({ headers, body, secrets: [spelled(SECRET)] })])).toEqual([[`${NAME}:${port}`, null]])
})

test.each([
  ['is for another name', authority.issue('elsewhere.example.com'), authority.cert],
  ['is over', authority.issue(NAME, { days: -1 }), authority.cert],
  ['is of an authority that nobody trusts', certificateAuthority('Another').issue(NAME), authority.cert],
  ['is of an authority that the operator was not told to trust', authority.issue(NAME), null],
])('one whose certificate %s gets nothing, and the attempt says TLS', async (_why, issued, trusts) => {
  const { heard, port } = await receiver(issued)
  expect(await attempt(`https://${NAME}:${port}/hooks`, { trusts })).toMatchObject({ errorClass: 'TLS', statusCode: null, responseExcerpt: null })
  expect(heard).toEqual([])
})
