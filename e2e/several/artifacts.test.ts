/** Large artifacts stream through a control plane: neither direction makes it grow by what passes. */
import { createHash, randomBytes } from 'node:crypto'
import { startFleet, type ControlPlane, type Fleet } from '@sluice/testkit/world'
import { afterAll, beforeAll, expect, test } from 'vitest'

const MIB = 1024 * 1024
/** 1024 is the most that is taken (docs/scale.md); it takes half a minute. */
const SIZE_MIB = Number(process.env['ARTIFACT_MIB'] ?? 160)
const GROWTH_MIB = 64
const SAMPLE_MS = 100

interface Lease { flowId: string; attempt: number; epoch: number }

let fleet: Fleet
let controlPlane: ControlPlane
let admin: string
let worker: string
let lease: Lease

beforeAll(async () => {
  fleet = await startFleet({ size: 1 })
  const [first] = fleet.controlPlanes
  if (!first) throw new Error('the fleet has no control plane')
  controlPlane = first
  const [owner, holder] = [await fleet.actor('ADMIN', 'artifacts-admin'), await fleet.actor('WORKER', 'artifacts-worker')]
  admin = owner.token
  worker = holder.token
  await owner.at(first).createFlows([{ kind: 'artifacts' }])
  const { registerWorker } = await holder.at(first).ask<{ registerWorker: { worker: { id: string } } }>(
    'mutation ($input: RegisterWorkerInput!) { registerWorker(input: $input) { ... on RegisterWorkerPayload { worker { id } } } }',
    { input: { instanceId: 'artifacts', name: 'artifacts', kinds: [{ name: 'artifacts' }], capacity: 1 } })
  const { claimFlows } = await holder.at(first).ask<{ claimFlows: { claims: { lease: Lease }[] } }>(
    'mutation ($input: ClaimFlowsInput!) { claimFlows(input: $input) { ... on ClaimFlowsPayload { claims { lease { flowId attempt epoch } } } } }',
    { input: { workerId: registerWorker.worker.id, max: 1, requestId: 'only', waitMs: 5000 } })
  lease = claimFlows.claims[0]?.lease ?? lease
  await holder.at(first).ask('mutation ($input: StartFlowInput!) { startFlow(input: $input) { __typename } }', { input: { lease: { flowId: lease.flowId, attempt: lease.attempt, epoch: lease.epoch } } })
})
afterAll(() => fleet[Symbol.asyncDispose]())

const block = randomBytes(MIB)
/** Every MiB is another one, and none is kept. */
async function* bytesOf(sizeMib: number): AsyncGenerator<Buffer> {
  for (let n = 0; n < sizeMib; n += 1) {
    const part = Buffer.from(block)
    part.writeUInt32BE(n)
    yield part
  }
}
async function digestOf(parts: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of parts) hash.update(part)
  return hash.digest('base64')
}
const url = (name: string): string => `${controlPlane.url}/flows/${lease.flowId}/artifacts/${name}`
async function put(name: string, sizeMib: number): Promise<string> {
  const digest = await digestOf(bytesOf(sizeMib))
  const response = await fetch(url(name), {
    method: 'PUT', body: bytesOf(sizeMib) as never, duplex: 'half',
    headers: { authorization: `Bearer ${worker}`, 'sluice-lease': `${lease.attempt}.${lease.epoch}`, 'content-digest': `sha-256=:${digest}:` },
  } as RequestInit)
  expect([response.status, await response.text()]).toEqual([201, expect.stringContaining(`"size":${sizeMib * MIB}`)])
  return digest
}
async function get(name: string): Promise<string> {
  const response = await fetch(url(name), { headers: { authorization: `Bearer ${admin}` } })
  return digestOf(response.body as unknown as AsyncIterable<Uint8Array>)
}
async function residentMib(): Promise<number> {
  const text = await (await fetch(`${controlPlane.url}/metrics`, { headers: { authorization: `Bearer ${admin}` } })).text()
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]) / MIB
}
/** By how much the process was larger while it did this than before, at most. */
async function growth(work: () => Promise<void>): Promise<number> {
  const before = await residentMib()
  let most = before
  let over = false
  const watching = (async () => {
    while (!over) {
      most = Math.max(most, await residentMib())
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))
    }
  })()
  await work()
  over = true
  await watching
  return most - before
}

test(`INV-36 an artifact of ${SIZE_MIB} MiB goes up and down while the process grows by less than ${GROWTH_MIB} MiB`, async () => {
  // What a process takes once, for whatever it does.
  const warm = await put('warm', 8)
  expect(await get('warm')).toBe(warm)
  let digest = ''
  const began = performance.now()
  const up = await growth(async () => { digest = await put('large', SIZE_MIB) })
  const between = performance.now()
  const down = await growth(async () => expect(await get('large')).toBe(digest))
  const speeds = [between - began, performance.now() - between].map((ms) => Math.round((SIZE_MIB * 1000) / ms))
  process.stdout.write(`up: +${up.toFixed(0)} MiB, ${speeds[0]} MiB/s; down: +${down.toFixed(0)} MiB, ${speeds[1]} MiB/s\n`)
  expect(up).toBeLessThan(GROWTH_MIB)
  expect(down).toBeLessThan(GROWTH_MIB)
})
