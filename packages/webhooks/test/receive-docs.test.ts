/** The receiver of docs/webhooks.md, run as it is written, hears what the sender sends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { SECRET, afterwards, sender, spelled } from './sending.ts'

vi.setConfig({ testTimeout: 30_000 })

const PAGE = readFileSync(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8')
const EXAMPLE = /```js\n(.*?)```/s.exec(PAGE)?.[1] ?? ''
const BODY = JSON.stringify(JSON.parse(/```json\n(.*?)```/s.exec(PAGE)?.[1] ?? ''))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** The program, its words so far, and where it listens. */
async function example() {
  const port = await freePort()
  const child = spawn(process.execPath, ['--input-type=module', '-e', EXAMPLE], {
    cwd: fileURLToPath(new URL('..', import.meta.url)), env: { PORT: String(port), HOOK_SECRET: spelled(SECRET) }, stdio: ['ignore', 'pipe', 'inherit'],
  })
  afterwards(() => child.kill('SIGKILL'))
  let printed = ''
  child.stdout.on('data', (part: Buffer) => void (printed += part.toString()))
  return { url: `http://127.0.0.1:${port}/`, printed: () => printed, isRunning: () => child.exitCode === null }
}

test('the JavaScript of docs/webhooks.md takes what is signed, once, and refuses what is signed by another or was changed', async () => {
  const { url, printed, isRunning } = await example()
  const { attempt } = sender()
  const deliveryId = (JSON.parse(BODY) as { delivery_id: string }).delivery_id
  const post = (more: object = {}) => attempt(url, { deliveryId, body: BODY, ...more })
  let first = await post()
  while (first.errorClass === 'NO_CONNECTION' && isRunning()) first = await post()
  expect([first.statusCode, (await post()).statusCode, (await post({ secrets: [Buffer.alloc(32, 9)] })).statusCode]).toEqual([204, 204, 400])
  expect((await post({ at: new Date(Date.now() - 6 * 60_000) })).statusCode).toBe(400)
  expect((await post({ secrets: [Buffer.alloc(32, 9), SECRET], deliveryId: 'dlv_2', body: BODY.replace(deliveryId, 'dlv_2').replace('flow.finished', 'webhook.test') })).statusCode).toBe(204)
  await expect.poll(printed, { timeout: 10_000 }).toBe('flow.finished flow_01kg9y3x5n8q2w\nwebhook.test flow_01kg9y3x5n8q2w\n')
})
