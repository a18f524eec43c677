/**
 * Which addresses are public. IPv6 is a list of what is allowed (global unicast, minus what is carved out of it), IPv4 a list of what is
 * not, both after the registries of special-purpose addresses. An IPv6 address that carries an IPv4 one is judged by what it carries.
 */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { isMetadataAddress } from './metadata.ts'

/** Why an address is refused, each with the sentence that people read. */
export const RULES = {
  'not-a-url': 'is not an address that can be called',
  scheme: 'must begin with https:// or http://',
  http: 'must begin with https://',
  credentials: 'must not carry a user name or password',
  'host-name': 'has a malformed host name',
  metadata: 'leads to a metadata service',
  unspecified: 'leads to an unspecified address',
  loopback: 'leads to this machine itself',
  'link-local': 'leads to a link-local address',
  private: 'leads to a private network',
  'unique-local': 'leads to a unique-local address',
  'carrier-nat': 'leads to a carrier\'s private network',
  multicast: 'leads to a multicast address',
  tunnel: 'leads into a tunnel (6to4 or Teredo)',
  reserved: 'leads to a reserved address',
} as const
export type Rule = keyof typeof RULES

const OF_THE_FORM: readonly Rule[] = ['not-a-url', 'scheme', 'http', 'credentials']
const FOR_EVER: readonly Rule[] = ['not-a-url', 'scheme', 'credentials', 'host-name', 'metadata']

/** What is wrong and which knob lifts it, as people set it: "127.0.0.1 leads to this machine itself (WEBHOOK_ALLOW_HOSTS=127.0.0.1 lifts this)". */
export function sentenceOf(rule: Rule, host: string): string {
  const knob = rule === 'http' ? 'WEBHOOK_ALLOW_HTTP=true' : FOR_EVER.includes(rule) ? 'no knob' : `WEBHOOK_ALLOW_HOSTS=${host}`
  return `${OF_THE_FORM.includes(rule) ? 'the URL' : host} ${RULES[rule]} (${knob} lifts this)`
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** The first that matches decides. */
const IPV4 = table([
  ['0.0.0.0/8', 'unspecified'], ['10.0.0.0/8', 'private'], ['100.64.0.0/10', 'carrier-nat'], ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'], ['172.16.0.0/12', 'private'], ['192.0.0.0/24', 'reserved'], ['192.0.2.0/24', 'reserved'],
  ['192.88.99.0/24', 'tunnel'], ['192.168.0.0/16', 'private'], ['198.18.0.0/15', 'reserved'], ['198.51.100.0/24', 'reserved'],
  ['203.0.113.0/24', 'reserved'], ['224.0.0.0/4', 'multicast'], ['240.0.0.0/4', 'reserved'],
])
const IPV6 = table([
  ['::/128', 'unspecified'], ['::1/128', 'loopback'], ['fe80::/10', 'link-local'], ['fec0::/10', 'private'], ['fc00::/7', 'unique-local'],
  ['ff00::/8', 'multicast'], ['2002::/16', 'tunnel'], ['2001::/32', 'tunnel'], ['2001::/23', 'reserved'], ['2001:db8::/32', 'reserved'],
  ['3fff::/20', 'reserved'],
])
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3')

/** Where an IPv4 address sits inside an IPv6 one; Teredo hides the client's by inverting it. */
const CARRIERS = ([
  ['::ffff:0:0/96', [12]], ['::ffff:0:0:0/96', [12]], ['::/96', [12]], ['64:ff9b::/96', [12]], ['64:ff9b:1::/48', [12]], ['2002::/16', [2]], ['2001::/32', [4, 12]],
] as const).map(([range, offsets]) => ({ range: ipaddr.parseCIDR(range), offsets }))
const TRANSLATED = ipaddr.parseCIDR('64:ff9b::/96')
const TEREDO = ipaddr.parseCIDR('2001::/32')

/** The rule that refuses an address; null = it is public. Anything that is no plain address (a zone id, a name) is reserved. */
export function ruleOf(text: string): Rule | null {
  const address = parseAddress(text)
  if (address === null) return 'reserved'
  if ([address, ...carried(address)].some(each => isMetadataAddress(each.toNormalizedString()))) return 'metadata'
  if (address instanceof ipaddr.IPv4) return lookUp(IPV4, address)
  const rule = lookUp(IPV6, address)
  if (rule !== null || address.match(GLOBAL_UNICAST)) return rule
  // The well-known prefix of NAT64 is how a network without IPv4 reaches public IPv4 addresses.
  const [inner] = carried(address)
  return inner instanceof ipaddr.IPv4 ? lookUp(IPV4, inner) ?? (address.match(TRANSLATED) ? null : 'reserved') : 'reserved'
}

/** As IPv4 where it is IPv4 in IPv6's clothes; null when it is no plain address. */
export function parseAddress(text: string): Address | null {
  return isIP(text) === 0 || text.includes('%') ? null : ipaddr.process(text)
}

function carried(address: Address): ipaddr.IPv4[] {
  if (address instanceof ipaddr.IPv4) return []
  const bytes = address.toByteArray()
  return CARRIERS.filter(carrier => address.match(carrier.range)).flatMap(({ offsets }) =>
    offsets.map(at => {
      const inverted = at === 12 && address.match(TEREDO)
      return new ipaddr.IPv4(bytes.slice(at, at + 4).map(byte => (inverted ? byte ^ 0xff : byte)))
    }))
}

function table(rows: [cidr: string, rule: Rule][]) {
  return rows.map(([cidr, rule]) => ({ range: ipaddr.parseCIDR(cidr), rule }))
}

function lookUp(rows: ReturnType<typeof table>, address: Address): Rule | null {
  return rows.find(({ range }) => address.match(range))?.rule ?? null
}
