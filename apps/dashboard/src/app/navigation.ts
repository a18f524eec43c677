import { addressOf } from '../features/addresses.ts'

/** A page that exists: where it is, and the key that follows g. own: the router shows it; otherwise it is a whole load. */
export const PAGES = [
  { name: 'Queue', address: addressOf.queue(), key: 'q', own: true },
  { name: 'Flows', address: addressOf.flows(), key: 'f', own: true },
  { name: 'Approvals', address: addressOf.approvals(), key: 'a', own: true },
  { name: 'Lanes', address: addressOf.lanes(), key: 'l', own: true },
  { name: 'Workers', address: addressOf.workers(), key: 'w', own: true },
  { name: 'Deliveries', address: addressOf.deliveries(), key: 'd', own: true },
  { name: 'Endpoints', address: addressOf.endpoints(), key: 'e', own: true },
  { name: 'API', address: addressOf.api, key: 'i', own: false },
] as const
