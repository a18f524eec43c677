import { createSocket } from 'node:dgram'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { createDnsResolve, createOutbound } from '../src/index.ts'

const disposals: (() => unknown)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

/** silent: no answer at all. A number: that code of a failure; 3 = there is no such name. */
type Zone = Record<string, { A?: string; AAAA?: string } | 'silent' | number>

const TYPES = { 1: 'A', 28: 'AAAA' } as const

/** A name server on this machine. */
async function nameServer(zone: Zone) {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const { name, type, end } = questionOf(query)
    asked.push(`${name} ${TYPES[type as 1] ?? type}`)
    const entry = zone[name] ?? 3
    if (entry !== 'silent') socket.send(answerTo(query.subarray(0, end), typeof entry === 'number' ? entry : { type, address: entry[TYPES[type as 1]] }), from.port, from.address)
  })
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  disposals.push(() => socket.close())
  return { servers: [`127.0.0.1:${socket.address().port}`], asked }
}

function questionOf(query: Buffer) {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function answerTo(query: Buffer, answer: number | { type: number; address: string | undefined }): Buffer {
  const head = Buffer.from(query)
  const address = typeof answer === 'number' ? undefined : answer.address
  head.writeUInt16BE(0x8180 | (typeof answer === 'number' ? answer : 0), 2)
  head.writeUInt16BE(address === undefined ? 0 : 1, 6)
  head.writeUInt32BE(0, 8)
  if (address === undefined || typeof answer === 'number') return head
  const bytes = answer.type === 1 ? Buffer.from(address.split('.').map(Number)) : Buffer.from(address.split(':').map(group => group.padStart(4, '0')).join(''), 'hex')
  const record = Buffer.from([0xc0, 12, 0, answer.type, 0, 1, 0, 0, 0, 0, 0, bytes.length])
  return Buffer.concat([head, record, bytes])
}

/** Nothing of this machine but the name server. */
async function resolving(zone: Zone, o: { hosts?: string; system?: string[] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-hosts-'))
  disposals.push(() => rm(folder, { recursive: true }))
  const hostsFile = join(folder, 'hosts')
  await writeFile(hostsFile, o.hosts ?? '')
  const { servers, asked } = await nameServer(zone)
  const system: string[] = []
  const resolve = createDnsResolve({ servers, hostsFile, timeoutMs: 250, system: name => Promise.resolve((system.push(name), o.system ?? ['192.0.2.1'])) })
  return { resolve, asked, system }
}

describe('a name', () => {
  test('has the addresses of both families that the DNS knows', async () => {
    const { resolve, asked } = await resolving({ 'both.test': { A: '93.184.216.34', AAAA: '2606:2800:220:1:0:0:0:1' }, 'four.test': { A: '8.8.8.8' }, 'six.test': { AAAA: '2606:2800:220:1:0:0:0:2' } })
    expect(await resolve('both.test')).toEqual(['93.184.216.34', '2606:2800:220:1::1'])
    expect([await resolve('four.test'), await resolve('six.test')]).toEqual([['8.8.8.8'], ['2606:2800:220:1::2']])
    expect(asked.slice(0, 2).sort()).toEqual(['both.test A', 'both.test AAAA'])
  })

  test.each([
    ['of the hosts file', 'Pinned.test', '10.0.0.9  other.test pinned.test # and more\n'], ['commented out there', 'more.test', '10.0.0.9 x # more.test\n'], ['of no server', 'unknown.test', ''],
  ])('%s is the answer of the system', async (what, name, hosts) => {
    const { resolve, asked, system } = await resolving({ 'pinned.test': { A: '93.184.216.34' } }, { hosts })
    expect(await resolve(name.toLowerCase())).toEqual(['192.0.2.1'])
    expect([system, asked.length > 0]).toEqual([[name.toLowerCase()], what !== 'of the hosts file'])
  })

  test.each(['localhost', 'a.localhost', 'printer.local'])('%s is asked of the system alone', async name => {
    const { resolve, asked, system } = await resolving({})
    await resolve(name)
    expect([asked, system]).toEqual([[], [name]])
  })

  test('whose server fails has none now, and the system is not asked: it would wait', async () => {
    const { resolve, system } = await resolving({ 'broken.test': 2, 'refused.test': 5 })
    const codes = await Promise.all(['broken.test', 'refused.test'].map(name => resolve(name).then(() => null, (error: NodeJS.ErrnoException) => error.code)))
    expect([codes, system]).toEqual([['ESERVFAIL', 'EREFUSED'], []])
  })

  test('whose servers are silent delays no other, however many there are', async () => {
    const silent = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`silent-${n}.test`, 'silent' as const]))
    const { resolve } = await resolving({ ...silent, 'quick.test': { A: '8.8.8.8' } })
    const order: string[] = []
    const waiting = Object.keys(silent).map(name => resolve(name).catch((error: NodeJS.ErrnoException) => void order.push(error.code ?? '')))
    expect(await resolve('quick.test')).toEqual(['8.8.8.8'])
    expect(order).toEqual([])
    await Promise.all(waiting)
    expect([...new Set(order)]).toEqual(['ETIMEOUT'])
  })
})

test('a request whose name has no address in time says so', async () => {
  const { resolve } = await resolving({ 'broken.test': 2 })
  const { send } = createOutbound({ allowHosts: '', allowHttp: true, resolve })
  await expect(send({ url: 'http://broken.test/', method: 'GET', timeoutMs: 5_000, maxBytes: 1 })).rejects.toMatchObject({ code: 'UNRESOLVED', message: 'broken.test has no address (ESERVFAIL)' })
})
