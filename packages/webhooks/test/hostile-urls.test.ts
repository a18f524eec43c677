import { createServer, Socket, type AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { receiver, sender } from './sending.ts'

/** The same IPv4 address in every form that some program reads as it. */
function formsOf(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  const number = ((a * 256 + b) * 256 + c) * 256 + d
  const octal = (part: number) => `0${part.toString(8)}`
  const hex = (part: number) => `0x${part.toString(16)}`
  const group = (high: number, low: number) => (high * 256 + low).toString(16)
  const [high, low] = [group(a, b), group(c, d)]
  const inverted = `${group(a ^ 255, b ^ 255)}:${group(c ^ 255, d ^ 255)}`
  return [
    address, `${address}.`, `${a}.${b}.${c * 256 + d}`, `${a}.${(b * 256 + c) * 256 + d}`, String(number), hex(number), hex(number).toUpperCase().replace('X', 'x'), octal(number),
    [a, b, c, d].map(octal).join('.'), [a, b, c, d].map(hex).join('.'), [a, b, c, d].map(part => `0x00${part.toString(16)}`).join('.'),
    `${octal(a)}.${hex(b)}.${c}.${d}`, address.replaceAll('.', '。'), address.replaceAll('.', '．'), address.replaceAll(/\d/g, digit => String.fromCodePoint(0xff10 + Number(digit))),
    address.replaceAll(/\d/g, digit => String.fromCodePoint(0x1d7ce + Number(digit))), encodeURIComponent(address).replaceAll(/\d/g, digit => `%3${digit}`), address.replaceAll('.', '%2e'),
    `[::ffff:${address}]`, `[::ffff:${high}:${low}]`, `[0:0:0:0:0:ffff:${address}]`, `[::${address}]`, `[::ffff:0:${address}]`, `[64:ff9b::${address}]`, `[64:ff9b:1::${address}]`,
    `[2002:${high}:${low}::1]`, `[2001:0:808:808::${inverted}]`, `[2001:0:${high}:${low}::1]`,
  ]
}

const ADDRESSES = ['127.0.0.1', '0.0.0.0', '10.0.0.1', '172.16.5.4', '192.168.1.1', '169.254.1.1', '100.64.0.1', '224.0.0.1', '198.18.0.1', '255.255.255.255']
const METADATA = ['169.254.169.254', '100.100.100.200', '168.63.129.16', '169.254.170.2']
const METADATA_OTHERS = ['metadata.google.internal', 'METADATA.google.internal.', 'metadata', 'instance-data.ec2.internal', '[fd00:ec2::254]', '[fe80::a9fe:a9fe]']

const OTHERS = [
  '', '//127.0.0.1/', '127.0.0.1', 'localhost', 'http://', 'http://[::1', 'http://1.2.3.4.5/', 'http://256.1.1.1/', 'http://a b/',
  'http://[fe80::1%25lo]/', 'http://[fe80::1%lo]/', 'http://[::1%25lo]/', 'http://fe80::1%lo/',
  'ftp://example.com/', 'file:///etc/passwd', 'gopher://127.0.0.1:6379/_PING', 'unix:/var/run/docker.sock', 'javascript:alert(1)', 'data:text/plain,x', 'ws://example.com/', 'blob:https://example.com/1',
  'http://user@example.com/', 'http://user:password@example.com/', 'http://:password@example.com/', 'http://example.com@127.0.0.1/', 'http://127.0.0.1%2f@example.com/', 'https://127.0.0.1:443@example.com/',
  'http://localhost/', 'http://LOCALHOST./', 'http://a.localhost/', 'http://ⓛocalhost/', 'http://[::1]/', 'http://[::]/', 'http://[0:0:0:0:0:0:0:1]/',
  'http://[fc00::1]/', 'http://[fd12::1]/', 'http://[fe80::1]/', 'http://[fec0::1]/', 'http://[ff02::1]/', 'http://[2001:db8::1]/', 'http://[3fff::1]/', 'http://[100::1]/', 'http://[5f00::1]/',
  'http://a..example.com/', 'http://example.com../', 'http:127.0.0.1/', 'http:\\\\127.0.0.1\\x', 'http://127.0.0.1#@example.com/', 'http://127.0.0.1\\@example.com/', 'ht\ttp://127.0\n.0.1/', '  http://127.0.0.1/  ',
  'http://127.0.0.1:0/', 'http://127.0.0.1:22/', 'http://127.0.0.1:65535/', 'http://127.0.0.1:99999/', 'http://127.0.0.1:-1/', 'http://127.0.0.1:80:80/',
]

/** Listens where the forms of 127.0.0.1 lead, so that one that got through would be heard. */
let connections = 0
const server = createServer(socket => {
  connections++
  socket.destroy()
})
beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => void server.close())

/** Every attempt of this process to reach an address, as the platform tells it: after the lookup, before the first packet. */
let attempts: string[] = []
const connect = Socket.prototype.connect as (this: Socket, ...given: unknown[]) => Socket
beforeAll(() => {
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...given: unknown[]) {
    this.on('connectionAttempt', (address: string) => attempts.push(address))
    return connect.apply(this, given)
  })
})
beforeEach(() => {
  connections = 0
  attempts = []
})
const opened = () => ({ connections, attempts })
const NONE = { connections: 0, attempts: [] }

const portOf = () => (server.address() as AddressInfo).port
const REFUSED = { errorClass: 'URL_NOT_ALLOWED', statusCode: null, address: null, responseExcerpt: null }

const NUMBERS = ADDRESSES.flatMap(formsOf)
const METADATA_FORMS = [...METADATA.flatMap(formsOf), ...METADATA_OTHERS]

test('the tables have more than eighty rows each', () => {
  expect(NUMBERS.length).toBeGreaterThan(80)
  expect(METADATA_FORMS.length).toBeGreaterThan(80)
})

test('an attempt that is allowed is seen by this way of counting', async () => {
  await sender().attempt(`http://127.0.0.1:${portOf()}/`)
  expect(opened()).toEqual({ connections: 1, attempts: ['127.0.0.1'] })
})

describe('INV-30 no connection is opened to', () => {
  afterEach(() => expect(opened()).toEqual(NONE))

  test.each(NUMBERS)('http://%s', async host => {
    expect(await sender({ allowHosts: '' }).attempt(`http://${host}:${portOf()}/`)).toMatchObject(REFUSED)
    expect(await sender({ allowHosts: '' }).attempt(`https://${host}/hook`)).toMatchObject(REFUSED)
  })

  test.each(METADATA_FORMS)('http://%s, whatever the list says', async host => {
    const url = `http://${host}/latest/meta-data/`
    const name = URL.canParse(url) ? new URL(url).hostname.replace(/[[\]]/g, '') : ''
    expect(await sender({ allowHosts: `0.0.0.0/0, ::/0, ${name}`, resolve: () => Promise.resolve(['93.184.216.34']) }).attempt(url)).toMatchObject(REFUSED)
  })

  test.each(OTHERS)('%j', async url => {
    expect(await sender({ allowHosts: '', resolve: () => Promise.resolve(['93.184.216.34']) }).attempt(url)).toMatchObject(REFUSED)
  })

  test('http, where only https is allowed', async () => {
    expect(await sender({ allowHttp: false, allowHosts: '127.0.0.1' }).attempt(`http://127.0.0.1:${portOf()}/`)).toMatchObject(REFUSED)
  })

  test.each([...ADDRESSES, ...METADATA, '::1', '::ffff:10.0.0.1', '64:ff9b::a9fe:a9fe', 'fd00::1', 'fe80::1%eth0'])('a name that resolves to %s, alone or beside a public address', async address => {
    for (const addresses of [[address], ['93.184.216.34', address], [address, '93.184.216.34']]) {
      expect(await sender({ allowHosts: '', resolve: () => Promise.resolve(addresses) }).attempt(`http://hooks.test:${portOf()}/`)).toMatchObject(REFUSED)
    }
  })

  test.each(['127.0.0.1', '169.254.169.254', '::1'])('a name that resolves to a public address when it is checked and to %s when it is connected to', async address => {
    let asked = 0
    const resolve = () => Promise.resolve([asked++ === 0 ? '93.184.216.34' : address])
    expect(await sender({ allowHosts: '', resolve }).attempt(`http://rebind.test:${portOf()}/`)).toMatchObject(REFUSED)
    expect(asked).toBe(2)
  })
})

test('INV-30 nor to a name that leads elsewhere once a connection is kept', async () => {
  const { url, connections: made, received } = await receiver()
  let asked = 0
  const { attempt } = sender({ allowHosts: '127.0.0.1', resolve: () => Promise.resolve([asked++ < 2 ? '127.0.0.1' : '10.0.0.1']) })
  const named = url.replace('127.0.0.1', 'rebind.test')
  expect(await attempt(named)).toMatchObject({ statusCode: 200, address: '127.0.0.1' })
  expect(await attempt(named)).toMatchObject(REFUSED)
  expect([made(), received.length]).toEqual([1, 1])
})
