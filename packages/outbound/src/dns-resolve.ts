/**
 * Names resolved without the platform's thread pool. The system's resolver (getaddrinfo) runs on two of its threads at most, and a name whose
 * servers are silent holds one for half a minute: two such receivers, and no other name in the process is resolved. Asking the name servers
 * ourselves costs a datagram each, and nobody waits for anybody.
 */
import { readFile } from 'node:fs/promises'
import { Resolver } from 'node:dns/promises'
import { codeOf } from './failure.ts'
import { systemResolve, type Resolve } from './policy.ts'

export interface DnsResolveOptions {
  /** Default: those of the system. */
  servers?: readonly string[]
  /** Names in it are the system's to answer. */
  hostsFile?: string
  /** Who answers names that are not in the DNS: those of the hosts file, of search domains, of the local network. */
  system?: Resolve
  /** How long a server may be silent before it is asked a second and last time, after which it has twice as long. Default: 1.5 s. */
  timeoutMs?: number
}

const HOSTS = process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts'
const TRIES = 2
/** The system's servers may change while we run, and a resolver reads them once. */
const RESOLVER_LIVES_MS = 30_000
/** Such an answer is one: the DNS does not know the name, or there is no server to ask. */
const NOT_IN_THE_DNS = ['ENOTFOUND', 'ENODATA', 'ECONNREFUSED']

export function createDnsResolve({ servers, hostsFile = HOSTS, system = systemResolve, timeoutMs = 1_500 }: DnsResolveOptions = {}): Resolve {
  const resolverNow = renewed(() => resolverOf({ servers, timeoutMs }))
  const hostsNow = renewed(() => namesIn(hostsFile))
  return async name => {
    if (isLocalName(name) || (await hostsNow()).has(name)) return system(name)
    const resolver = resolverNow()
    const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    const found = [four, six].flatMap(each => (each.status === 'fulfilled' ? each.value : []))
    if (found.length > 0) return found
    const silent = [four, six].map(failureIn).find(error => error !== null && !NOT_IN_THE_DNS.includes(codeOf(error)))
    if (silent) throw silent
    return system(name)
  }
}

/** Made anew when it is asked for after its time. */
function renewed<T>(make: () => T): () => T {
  let made: { value: T; at: number } | null = null
  return () => {
    const now = performance.now()
    if (made === null || now - made.at > RESOLVER_LIVES_MS) made = { value: make(), at: now }
    return made.value
  }
}

function resolverOf({ servers, timeoutMs }: { servers: readonly string[] | undefined; timeoutMs: number }): Resolver {
  const resolver = new Resolver({ timeout: timeoutMs, tries: TRIES })
  if (servers) resolver.setServers(servers)
  return resolver
}

async function namesIn(file: string): Promise<Set<string>> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const lines = text.split('\n').map(line => line.replace(/#.*/, '').trim().toLowerCase())
  return new Set(lines.flatMap(line => line.split(/\s+/).slice(1)))
}

const isLocalName = (name: string): boolean => name === 'localhost' || name.endsWith('.localhost') || name.endsWith('.local')

const failureIn = (result: PromiseSettledResult<unknown>): Error | null => (result.status === 'rejected' && result.reason instanceof Error ? result.reason : null)
