/** What may be called. The words of a URL are judged without asking anybody; a name is judged by every address that it resolves to. */
import { isIP } from 'node:net'
import { lookup } from 'node:dns/promises'
import { ruleOf, sentenceOf, type Rule } from './address-rules.ts'
import type { AllowList } from './allow-list.ts'
import { isMetadataName } from './metadata.ts'

/** Answers every address of a name. Throws when there is none. */
export type Resolve = (name: string) => Promise<readonly string[]>

/** The policy forbids it; trying again changes nothing until somebody changes the policy or the name. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
  /**
   * The first thing that is wrong with the URL as written; the message has all of them. null when its name resolves to an address that is
   * not allowed. Which one is not told.
   */
  readonly rule: Rule | null

  constructor(host: string, rules: readonly Rule[]) {
    super(rules.map(rule => sentenceOf(rule, host)).join('; ') || `${host} resolves to an address that is not allowed`)
    this.rule = rules[0] ?? null
  }
}

export interface Policy {
  /** What is wrong with the URL as it is written; null = nothing. Asks no resolver. */
  refuse(url: string): AddressRefused | null
  /** The same for a host alone, as a connection names it: without brackets. */
  refuseHost(host: string): AddressRefused | null
  /** Every address of a name that may be called. Throws AddressRefused when one of them may not be, and what the resolver throws. */
  addressesOf(name: string): Promise<readonly string[]>
  /** Whether a connection that was asked for under this host may go to this address. */
  admits(host: string, address: string): boolean
}

export function createPolicy(o: { allow: AllowList; allowHttp: boolean; resolve?: Resolve | undefined }): Policy {
  const resolve = o.resolve ?? systemResolve

  const admits = (host: string, address: string) => {
    const rule = ruleOf(address)
    return rule === null || (rule !== 'metadata' && (o.allow.hasAddress(address) || o.allow.hasHost(plain(host))))
  }

  const ruleOfHost = (host: string): Rule | null => {
    if (isIP(host) === 0) return ruleOfName(plain(host), o.allow)
    return admits(host, host) ? null : ruleOf(host)
  }

  return {
    admits,
    refuseHost: host => refusedBy(host, [ruleOfHost(host)]),
    refuse: text => {
      const url = URL.canParse(text) ? new URL(text) : null
      if (url === null) return refusedBy(text, ['not-a-url'])
      if (url.protocol !== 'https:' && url.protocol !== 'http:') return refusedBy(text, ['scheme'])
      const host = url.hostname.replace(/^\[|\]$/g, '')
      return refusedBy(host, [...rulesOfForm(url, o), ruleOfHost(host)])
    },
    addressesOf: async name => {
      const addresses = await resolve(plain(name))
      if (addresses.length > 0 && addresses.every(address => admits(name, address))) return addresses
      throw new AddressRefused(name, [])
    },
  }
}

const refusedBy = (host: string, rules: readonly (Rule | null)[]): AddressRefused | null => {
  const broken = rules.filter(rule => rule !== null)
  return broken.length > 0 ? new AddressRefused(host, broken) : null
}

function rulesOfForm(url: URL, { allowHttp }: { allowHttp: boolean }): (Rule | null)[] {
  const hasCredentials = url.username !== '' || url.password !== ''
  return [hasCredentials ? 'credentials' : null, url.protocol === 'http:' && !allowHttp ? 'http' : null]
}

function ruleOfName(name: string, allow: AllowList): Rule | null {
  if (isMetadataName(name)) return 'metadata'
  if (name.split('.').includes('') || name.length > 253) return 'host-name'
  const isThisMachine = name === 'localhost' || name.endsWith('.localhost')
  return isThisMachine && !allow.hasHost(name) ? 'loopback' : null
}

/** One dot at the end says that the name is complete, and is not a part of it. */
const plain = (host: string) => host.toLowerCase().replace(/\.$/, '')

export const systemResolve: Resolve = async name => (await lookup(name, { all: true, verbatim: true })).map(entry => entry.address)
