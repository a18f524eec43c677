/** The first minute of docs/webhooks.md: what `npm run receiver` prints is enough to see a delivery. */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startWorld, until, type World } from '@sluice/testkit/world'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LOCAL } from './endpoints.ts'

const RUN = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url))
const curl = spawnSync('curl', ['--version']).status === 0
/** What is not ours to say: where programs are. */
const machine = Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(PATH|HOME|TMPDIR)$/.test(name)))

let world: World
let receiver: ChildProcess
let printed = ''

beforeAll(async () => {
  world = await startWorld({ env: LOCAL })
  receiver = spawn(process.execPath, [RUN, 'receiver', '--port', '0'], { env: { ...machine, SLUICE_DATA_DIR: world.dataDir }, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [receiver.stdout, receiver.stderr]) stream?.on('data', (part: Buffer) => void (printed += part.toString()))
})
afterAll(async () => {
  receiver?.kill('SIGKILL')
  await world?.[Symbol.asyncDispose]()
})

test.skipIf(!curl)('the two commands that the receiver prints start a server that may call it and a flow that tells it its end, verified', async () => {
  await until(() => printed.includes('--help lists them'), { withinMs: 60_000, what: () => `the receiver; it printed:\n${printed}` })
  expect(printed.split('\n')[0]).toBe(`SLUICE_DATA_DIR=${world.dataDir} ${Object.entries(LOCAL).map(([knob, value]) => `${knob}=${value}`).join(' ')} npm start`)
  const command = /^curl .*\n.*$/m.exec(printed)?.[0] ?? ''
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { env: machine })
  const { data } = JSON.parse(stdout) as { data: { createFlow: { flow?: { id: string } } } }
  const id = data.createFlow.flow?.id ?? ''
  expect(id).toMatch(/^flow_/)
  await until(() => printed.includes('→ 200'), { withinMs: 60_000, what: () => `the delivery; the receiver printed:\n${printed}` })
  expect(printed).toMatch(new RegExp(`flow\\.finished  ${id} .*FINISHED  event evt_\\S+ no\\. 4  delivery dlv_\\S+  verified  → 200`))
})
