import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createLog, createWorker, defineKind, type WorkerOptions } from '../src/index.ts'
import { createAddresses } from '../src/wire/addresses.ts'
import { startFake } from './fake-control-plane.ts'

const disposals: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

/** Another address of the same control plane, that can be killed by itself. */
async function otherAddress(url: string) {
  const open = new Set<Socket>()
  const server = createServer(socket => {
    const through = connect(Number(new URL(url).port), '127.0.0.1')
    for (const one of [socket, through]) open.add(one.on('error', () => {}).on('close', () => open.delete(one)))
    socket.pipe(through).pipe(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const kill = () => {
    for (const socket of open) socket.destroy()
    return new Promise(resolve => server.close(resolve))
  }
  disposals.push(kill)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => open.size, kill }
}

const setup = async (kinds: WorkerOptions['kinds']) => {
  const fake = await startFake()
  const first = await otherAddress(fake.url)
  const options = { token: 't', name: 'test', log: createLog(() => {}), unwindMs: 500, backoff: { minMs: 5, maxMs: 20 } }
  const worker = createWorker({ ...options, url: `${first.url}, ${fake.url}`, kinds })
  disposals.push(() => fake.stop(), () => worker.stop({ graceMs: 0 }))
  await worker.start()
  return { fake, first }
}

describe('several addresses', () => {
  test('INV-43 when the one asked is gone, the next takes over: parked claims, leases and results', async () => {
    let finish: (value: string) => void = () => {}
    let interrupted = false
    const long = defineKind({
      handler: async ({ signal }) => {
        signal.addEventListener('abort', () => (interrupted = true))
        return await new Promise<string>(resolve => (finish = resolve))
      },
    })
    const { fake, first } = await setup({ long, short: defineKind({ handler: () => 'short' }) })
    const held = fake.enqueue('long')
    await fake.until(() => fake.flow(held).started)
    expect(first.connections()).toBeGreaterThan(0)

    const beats = fake.calls('heartbeat').length
    await first.kill()
    const later = fake.enqueue('short')
    await fake.until(() => fake.flow(later).status === 'FINISHED')
    await fake.until(() => fake.calls('heartbeat').slice(beats).some(beat => beat.leases.length > 0))
    finish('long')
    await fake.until(() => fake.flow(held).status === 'FINISHED')
    expect([interrupted, fake.calls('registerWorker').length]).toEqual([false, 1])
  })

  test('requests that met the same silence move on by one address, not by one each', () => {
    const addresses = createAddresses('http://a:1,http://b:1, http://c:1')
    const a = addresses.current()
    addresses.leave(a)
    addresses.leave(a)
    expect(addresses.current().host).toBe('b:1')
    addresses.leave(addresses.current())
    addresses.leave(addresses.current())
    expect(addresses.current()).toBe(a)
  })

  test('each must be one', () => {
    const make = () => createWorker({ name: 'n', token: 't', kinds: { k: { handler: () => null } }, url: 'http://a:4400,b:4400' })
    expect(make).toThrow('Worker option url must be an http or https address, or several separated by commas')
  })
})
