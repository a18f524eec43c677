/** WEBHOOK_ALLOW_HOSTS: hosts and networks that are called although they are not public. It lifts no rule about schemes, and never metadata. */
import { isIP } from 'node:net'
import type ipaddr from 'ipaddr.js'
import { parseAddress } from './address-rules.ts'

export interface AllowList {
  hasHost(name: string): boolean
  hasAddress(address: string): boolean
}

/** Entries are host names, addresses and networks such as 10.1.0.0/16, separated by commas. Throws an Error that completes "NAME is "text": …". */
export function parseAllowList(text: string): AllowList {
  const entries = text.split(',').map(entry => entry.trim()).filter(entry => entry !== '')
  const networks = entries.filter(entry => entry.includes('/') || isIP(entry) !== 0).map(networkOf)
  const hosts = new Set(entries.filter(entry => !entry.includes('/') && isIP(entry) === 0).map(hostOf))
  return {
    hasHost: name => hosts.has(name),
    hasAddress: address => {
      const parsed = parseAddress(address)
      return parsed !== null && networks.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits))
    },
  }
}

function networkOf(entry: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const [address = '', bits, ...rest] = entry.split('/')
  const parsed = parseAddress(address)
  const most = parsed?.kind() === 'ipv4' ? 32 : 128
  if (parsed === null || rest.length > 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most))) {
    throw new Error(`"${entry}" is neither a host name nor an address nor a network such as 10.1.0.0/16`)
  }
  return [parsed, bits === undefined ? most : Number(bits)]
}

function hostOf(entry: string): string {
  const host = URL.canParse(`http://${entry}`) ? new URL(`http://${entry}`) : null
  const plain = host !== null && host.port === '' && host.username === '' && host.pathname === '/' && host.search === '' && host.hash === ''
  if (!plain || entry.includes('*') || entry.includes(':')) throw new Error(`"${entry}" is not a host name; ports, paths and patterns are not taken`)
  return host.hostname.replace(/\.$/, '')
}
