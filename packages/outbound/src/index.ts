/**
 * Requests to addresses that people name. One policy, asked when an address is saved (`refuse`), before each request (`check`) and when the
 * connection is made or used again (`send` does all of it): docs/runner.md has the rules for people.
 */
export { createOutbound, type Outbound, type OutboundOptions } from './outbound.ts'
export { OutboundFailed, type FailureCode, type OutboundAnswer } from './failure.ts'
export { type KeepOptions } from './kept-connections.ts'
export { type OutboundRequest } from './send.ts'
export { createDnsResolve, type DnsResolveOptions } from './dns-resolve.ts'
export { AddressRefused, type Resolve } from './policy.ts'
export { RULES, ruleOf, type Rule } from './address-rules.ts'
