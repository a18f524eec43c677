import { parseAllowList } from './allow-list.ts'
import { createPolicy, type AddressRefused, type Resolve } from './policy.ts'
import { checkUrl, send, type OutboundAnswer, type OutboundRequest } from './send.ts'

export interface OutboundOptions {
  /** WEBHOOK_ALLOW_HOSTS: hosts, addresses and networks that are called although they are not public, separated by commas. */
  allowHosts: string
  /** WEBHOOK_ALLOW_HTTP: whether http is taken as well as https. */
  allowHttp: boolean
  /** Default: the resolver of the system. */
  resolve?: Resolve
}

export interface Outbound {
  /** When an address is saved: what is wrong with it as it is written, or null. Asks no resolver. */
  refuse(url: string): AddressRefused | null
  /** When an address is saved, and before it is used: throws AddressRefused, and what the resolver throws for a name without an address. */
  check(url: string): Promise<void>
  /** Checks, connects to what was checked, sends. Throws AddressRefused, OutboundFailed, or the reason of the aborted signal. */
  send(request: OutboundRequest): Promise<OutboundAnswer>
}

/** Throws an Error when allowHosts cannot be read. */
export function createOutbound({ allowHosts, allowHttp, resolve }: OutboundOptions): Outbound {
  const policy = createPolicy({ allow: parseAllowList(allowHosts), allowHttp, resolve })
  return { refuse: policy.refuse, check: url => checkUrl(policy, url), send: request => send(policy, request) }
}
