import { parseAllowList } from './allow-list.ts'
import type { OutboundAnswer } from './failure.ts'
import { KeptConnections, type KeepOptions } from './kept-connections.ts'
import { createPolicy, type AddressRefused, type Resolve } from './policy.ts'
import { checkUrl, send, type OutboundRequest } from './send.ts'

export interface OutboundOptions {
  /** WEBHOOK_ALLOW_HOSTS: hosts, addresses and networks that are called although they are not public, separated by commas. */
  allowHosts: string
  /** WEBHOOK_ALLOW_HTTP: whether http is taken as well as https. */
  allowHttp: boolean
  /** Default: the resolver of the system. */
  resolve?: Resolve
  /** Connections are used again. Only for requests that bear being heard twice. Default: each request has one of its own. */
  keep?: KeepOptions
}

export interface Outbound {
  /** When an address is saved: what is wrong with it as it is written, or null. Asks no resolver. */
  refuse(url: string): AddressRefused | null
  /** When an address is saved, and before it is used: throws AddressRefused, and what the resolver throws for a name without an address. */
  check(url: string): Promise<void>
  /** Checks, connects to what was checked, sends. Throws AddressRefused, OutboundFailed, or the reason of the aborted signal. */
  send(request: OutboundRequest): Promise<OutboundAnswer>
  /** Lets go of the connections that were kept, and of those under way when they end. */
  close(): Promise<void>
}

/** Throws an Error when allowHosts cannot be read. */
export function createOutbound({ allowHosts, allowHttp, resolve, keep }: OutboundOptions): Outbound {
  const policy = createPolicy({ allow: parseAllowList(allowHosts), allowHttp, resolve })
  const kept = keep ? { connections: new KeptConnections(keep), options: keep } : null
  return {
    refuse: policy.refuse,
    check: async url => void (await checkUrl(policy, url)),
    send: request => send({ policy, kept }, request),
    close: async () => kept?.connections.close(),
  }
}
