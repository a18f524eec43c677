import { describe, expect, test } from 'vitest'
import { AddressRefused, createOutbound, RULES, ruleOf, type OutboundOptions, type Rule } from '../src/index.ts'
import { parseAllowList } from '../src/allow-list.ts'

const outbound = (o: Partial<OutboundOptions> = {}) =>
  createOutbound({ allowHosts: '', allowHttp: false, resolve: () => Promise.resolve(['93.184.216.34']), ...o })
const ruleFor = (url: string, o: Partial<OutboundOptions> = {}) => outbound(o).refuse(url)?.rule ?? null

/** What an attacker writes, and the rule that stops it. http is allowed here, so that the address and not the scheme is judged. */
const HOSTILE: [url: string, rule: Rule][] = [
  ['', 'not-a-url'], ['//127.0.0.1', 'not-a-url'], ['https://', 'not-a-url'], ['https://[fe80::1%25eth0]/', 'not-a-url'], ['https://[::1', 'not-a-url'],
  ['https://256.256.256.256/', 'not-a-url'], ['https://1.2.3.4.5/', 'not-a-url'], ['https://a b/', 'not-a-url'], ['https://host:99999/', 'not-a-url'],
  ['ftp://example.com/', 'scheme'], ['file:///etc/passwd', 'scheme'], ['gopher://127.0.0.1:6379/_FLUSHALL', 'scheme'], ['javascript:alert(1)', 'scheme'],
  ['data:text/plain,x', 'scheme'], ['ws://example.com/', 'scheme'], ['unix:/var/run/docker.sock', 'scheme'], ['blob:https://example.com/1', 'scheme'],
  ['https://user@example.com/', 'credentials'], ['https://user:secret@example.com/', 'credentials'], ['https://:secret@example.com/', 'credentials'],
  ['https://example.com@127.0.0.1/', 'credentials'], ['https://127.0.0.1%2f@example.com/', 'credentials'],
  ['http://127.0.0.1/', 'loopback'], ['http://127.0.0.1:80/', 'loopback'], ['http://127.255.255.254/', 'loopback'], ['http://127.1/', 'loopback'],
  ['http://127.0.1/', 'loopback'], ['http://2130706433/', 'loopback'], ['http://0x7f000001/', 'loopback'], ['http://0x7f.0.0.1/', 'loopback'],
  ['http://0x7F.1/', 'loopback'], ['http://017700000001/', 'loopback'], ['http://0177.0.0.1/', 'loopback'], ['http://127.0.0.1./', 'loopback'],
  ['http://%31%32%37.0.0.1/', 'loopback'], ['http://１２７.０.０.１/', 'loopback'], ['http://①②⑦.⓪.⓪.①/', 'loopback'], ['http://127。0。0。1/', 'loopback'],
  ['http:127.0.0.1/', 'loopback'], ['http:\\\\127.0.0.1\\x', 'loopback'], ['http://127.0.0.1#@example.com/', 'loopback'], ['ht\ttp://127.0\n.0.1/', 'loopback'],
  ['http://localhost/', 'loopback'], ['http://LOCALHOST./', 'loopback'], ['http://a.localhost/', 'loopback'],
  ['http://[::1]/', 'loopback'], ['http://[0:0:0:0:0:0:0:1]/', 'loopback'], ['http://[::ffff:127.0.0.1]/', 'loopback'], ['http://[::ffff:7f00:1]/', 'loopback'],
  ['http://[64:ff9b::127.0.0.1]/', 'loopback'], ['http://[::127.0.0.1]/', 'loopback'], ['http://[::ffff:0:127.0.0.1]/', 'loopback'],
  ['http://0/', 'unspecified'], ['http://0.0.0.0/', 'unspecified'], ['http://0.1.2.3/', 'unspecified'], ['http://[::]/', 'unspecified'],
  ['http://10.0.0.1/', 'private'], ['http://172.16.0.1/', 'private'], ['http://172.31.255.255/', 'private'], ['http://192.168.0.1/', 'private'],
  ['http://0xa000001/', 'private'], ['http://[::ffff:10.0.0.1]/', 'private'], ['http://[64:ff9b::10.0.0.1]/', 'private'], ['http://[fec0::1]/', 'private'],
  ['http://[fc00::1]/', 'unique-local'], ['http://[fd12:3456:789a::1]/', 'unique-local'],
  ['http://100.64.0.1/', 'carrier-nat'], ['http://100.127.255.255/', 'carrier-nat'],
  ['http://169.254.1.1/', 'link-local'], ['http://[fe80::1]/', 'link-local'], ['http://[febf::1]/', 'link-local'],
  ['http://224.0.0.1/', 'multicast'], ['http://239.255.255.255/', 'multicast'], ['http://[ff02::1]/', 'multicast'],
  ['http://192.0.0.1/', 'reserved'], ['http://192.0.2.1/', 'reserved'], ['http://198.18.0.1/', 'reserved'], ['http://198.51.100.1/', 'reserved'],
  ['http://203.0.113.1/', 'reserved'], ['http://240.0.0.1/', 'reserved'], ['http://255.255.255.255/', 'reserved'], ['http://[2001:db8::1]/', 'reserved'],
  ['http://[3fff::1]/', 'reserved'], ['http://[2001:10::1]/', 'reserved'], ['http://[64:ff9b:1::8.8.8.8]/', 'reserved'], ['http://[::8.8.8.8]/', 'reserved'],
  ['http://[5f00::1]/', 'reserved'], ['http://[100::1]/', 'reserved'], ['http://[4000::1]/', 'reserved'],
  ['http://[2002:7f00:1::]/', 'tunnel'], ['http://[2002:a00:1::1]/', 'tunnel'], ['http://[2001:0:7f00:1::]/', 'tunnel'],
  ['http://[2001:0:808:808:0:0:80ff:fffe]/', 'tunnel'], ['http://192.88.99.1/', 'tunnel'],
  ['http://169.254.169.254/latest/meta-data/', 'metadata'], ['http://2852039166/', 'metadata'], ['http://0xa9fea9fe/', 'metadata'],
  ['http://0251.0376.0251.0376/', 'metadata'], ['http://[::ffff:169.254.169.254]/', 'metadata'], ['http://[::ffff:a9fe:a9fe]/', 'metadata'],
  ['http://[64:ff9b::a9fe:a9fe]/', 'metadata'], ['http://[64:ff9b:1::a9fe:a9fe]/', 'metadata'], ['http://[2002:a9fe:a9fe::]/', 'metadata'],
  ['http://[::169.254.169.254]/', 'metadata'], ['http://[2001:0:a9fe:a9fe::]/', 'metadata'], ['http://[2001:0:808:808:0:0:5601:5601]/', 'metadata'],
  ['http://[fd00:ec2::254]/', 'metadata'], ['http://169.254.170.2/', 'metadata'], ['http://100.100.100.200/', 'metadata'], ['http://168.63.129.16/', 'metadata'],
  ['http://metadata.google.internal/', 'metadata'], ['http://METADATA.google.internal./', 'metadata'], ['http://x.metadata.google.internal/', 'metadata'],
  ['http://metadata/', 'metadata'], ['http://instance-data.ec2.internal/', 'metadata'],
  ['http://a..example.com/', 'host-name'], ['http://example.com../', 'host-name'],
]

describe('an address as it is written', () => {
  test('INV-30 there are at least sixty hostile forms in the table, and every rule is met', () => {
    expect(HOSTILE.length).toBeGreaterThanOrEqual(60)
    const met = new Set([...HOSTILE.map(([, rule]) => rule), 'http'])
    expect(Object.keys(RULES).filter(rule => !met.has(rule))).toEqual([])
  })

  test.each(HOSTILE)('INV-30 %j is refused: %s', (url, rule) => {
    expect(ruleFor(url, { allowHttp: true })).toBe(rule)
  })

  test.each(HOSTILE)('INV-30 %j is refused at every time of asking', async url => {
    const { check, send } = outbound({ allowHttp: true })
    await expect(check(url)).rejects.toBeInstanceOf(AddressRefused)
    await expect(send({ url, method: 'GET', timeoutMs: 5_000, maxBytes: 1 })).rejects.toBeInstanceOf(AddressRefused)
  })

  test.each(HOSTILE.filter(([, rule]) => rule === 'metadata'))('INV-30 %j is refused whatever the lists say', async url => {
    const open = outbound({ allowHttp: true, allowHosts: `0.0.0.0/0, ::/0, ${URL.canParse(url) ? new URL(url).hostname.replace(/[[\]]/g, '') : ''}` })
    expect(open.refuse(url)?.rule).toBe('metadata')
    await expect(open.check(url)).rejects.toBeInstanceOf(AddressRefused)
  })

  test.each([
    'https://example.com/', 'https://example.com:8443/a?b=c#d', 'https://EXAMPLE.com./', 'https://93.184.216.34/', 'https://8.8.8.8/', 'https://172.15.0.1/',
    'https://172.32.0.1/', 'https://100.63.255.255/', 'https://100.128.0.1/', 'https://[2606:2800:220:1::1]/', 'https://[::ffff:8.8.8.8]/',
    'https://[64:ff9b::8.8.8.8]/', 'https://metadata.example.com/', 'https://localhost.example.com/', 'https://bücher.example/',
  ])('%s is taken', url => {
    expect(ruleFor(url)).toBeNull()
  })

  test('http is taken only where it is allowed', () => {
    expect(ruleFor('http://example.com/')).toBe('http')
    expect(ruleFor('http://example.com/', { allowHttp: true })).toBeNull()
  })

  test('a refused literal names its rule', () => {
    expect(outbound().refuse('https://10.0.0.1/')?.message).toBe('10.0.0.1 leads to a private network (WEBHOOK_ALLOW_HOSTS=10.0.0.1 lifts this)')
    expect(outbound().refuse('https://user:secret@example.com/')?.message).toBe('the URL must not carry a user name or password (no knob lifts this)')
  })

  test('everything that is wrong is said at once, each with its knob', () => {
    expect(outbound().refuse('http://127.0.0.1:5699/x')?.message).toBe(
      'the URL must begin with https:// (WEBHOOK_ALLOW_HTTP=true lifts this); 127.0.0.1 leads to this machine itself (WEBHOOK_ALLOW_HOSTS=127.0.0.1 lifts this)')
    expect(outbound().refuse('http://u@169.254.169.254/')?.message).toBe(
      'the URL must not carry a user name or password (no knob lifts this); the URL must begin with https:// (WEBHOOK_ALLOW_HTTP=true lifts this); ' +
      '169.254.169.254 leads to a metadata service (no knob lifts this)')
  })

  test.each(HOSTILE)('%j is refused for %s, and the knobs that its message names lift that, or none does', url => {
    const { message } = outbound().refuse(url) ?? {}
    const allowHosts = /WEBHOOK_ALLOW_HOSTS=(\S+) lifts/.exec(message ?? '')?.[1] ?? ''
    const left = outbound({ allowHttp: message?.includes('WEBHOOK_ALLOW_HTTP=true') ?? false, allowHosts }).refuse(url)?.message ?? ''
    expect(left.split('; ').filter(sentence => sentence !== '' && !sentence.endsWith('(no knob lifts this)'))).toEqual([])
    expect(left !== '').toBe(message?.includes('no knob lifts this'))
  })

  test('an address with a zone and what is no address are reserved', () => {
    expect(['fe80::1%eth0', 'example.com', '', '127.1'].map(ruleOf)).toEqual(['reserved', 'reserved', 'reserved', 'reserved'])
  })
})

describe('a name', () => {
  const resolving = (...addresses: string[]) => outbound({ resolve: () => Promise.resolve(addresses) })

  test.each([
    ['127.0.0.1'], ['93.184.216.34', '10.0.0.1'], ['::1'], ['::ffff:192.168.0.1'], ['fe80::1%eth0'], ['2606:2800:220:1::1', 'fd00::1'], ['169.254.169.254'],
  ])('INV-30 that resolves to %s is refused, and the refusal tells no address', async (...addresses) => {
    const error = await resolving(...addresses).check('https://hooks.example.com/x').catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(AddressRefused)
    expect(error).toMatchObject({ rule: null, message: 'hooks.example.com resolves to an address that is not allowed' })
  })

  test('whose every address is public is taken', async () => {
    await resolving('93.184.216.34', '2606:2800:220:1::1').check('https://hooks.example.com/x')
  })

  test('without an address is refused', async () => {
    await expect(resolving().check('https://hooks.example.com/x')).rejects.toBeInstanceOf(AddressRefused)
  })
})

describe('the allow list', () => {
  test.each([
    ['10.0.0.0/8', 'https://10.1.2.3/', true], ['10.0.0.0/8', 'https://11.1.2.3/', true], ['10.0.0.0/8', 'https://192.168.0.1/', false],
    ['10.0.0.0/8', 'https://[::ffff:10.1.2.3]/', true], ['10.0.0.0/8', 'https://[64:ff9b::10.1.2.3]/', false], ['127.0.0.1', 'https://127.0.0.1/', true],
    ['127.0.0.1', 'https://127.0.0.2/', false], ['fd00::/8', 'https://[fd12::1]/', true], ['localhost', 'https://localhost/', true], ['::1', 'https://[::1]/', true],
  ])('%s and %s: %s', (allowHosts, url, taken) => {
    expect(ruleFor(url, { allowHosts }) === null).toBe(taken)
  })

  test('a host on it may resolve to anything but metadata, other names may not', async () => {
    const to = (address: string) => outbound({ allowHosts: 'Hooks.corp.example.', resolve: () => Promise.resolve([address]) })
    await to('10.0.0.5').check('https://hooks.corp.example/')
    await expect(to('10.0.0.5').check('https://other.corp.example/')).rejects.toThrow('not allowed')
    await expect(to('169.254.169.254').check('https://hooks.corp.example/')).rejects.toThrow('not allowed')
    await expect(to('::ffff:169.254.169.254').check('https://hooks.corp.example/')).rejects.toThrow('not allowed')
  })

  test('lifts nothing about schemes and credentials', () => {
    expect(ruleFor('http://10.0.0.1/', { allowHosts: '10.0.0.1' })).toBe('http')
    expect(ruleFor('https://u@10.0.0.1/', { allowHosts: '10.0.0.1' })).toBe('credentials')
  })

  test.each(['10.0.0.0/33', '10.0.0/8', '10.0.0.0/8/8', '*.example.com', 'example.com:8080', 'https://example.com', 'a/b', '10.0.0.0/x', '::/129'])(
    '%s is no entry, and is named', entry => {
      expect(() => parseAllowList(`example.com, ${entry}`)).toThrow(`"${entry}" is`)
    })
})
