import { auditPage, capsInUse, feedHead, flowEventsAfter, flowQueuePage, kindFigures, laneStats, queuePlaces, queueStats, readFeed, scopeHolders, slotHolders, throughput, unservedQueues, workerLeases } from '@sluice/engine'
import type { PlanCase } from './plan-case.ts'
import type { Places } from './places.ts'

const LANES = ['default', 'batch', 'mail', 'quiet', 'empty', ...Array.from({ length: 20 }, (_, n) => `small-${n}`)]
const KINDS = ['report', 'mailing', 'import', 'yearly', 'seldom', 'orphan', ...Array.from({ length: 20 }, (_, n) => `kind-${n}`)]
const SCOPES = [{ scope: 'GLOBAL', subject: '' }, { scope: 'LANE', subject: 'batch' }, { scope: 'PRINCIPAL', subject: 'prn_capped' }] as const

export const queueCases = (p: Places): PlanCase[] => [
  { group: 'queue', name: 'first page', run: d => flowQueuePage(d.pool) },
  { group: 'queue', name: 'first page, 200', run: d => flowQueuePage(d.pool, { first: 200 }) },
  { group: 'queue', name: 'page in the middle', run: d => flowQueuePage(d.pool, { after: p.queue.middle }) },
  { group: 'queue', name: 'page at the end of what is ready', run: d => flowQueuePage(d.pool, { after: p.queue.end }) },
  { group: 'queue', name: 'first page of a lane', run: d => flowQueuePage(d.pool, { lane: 'default' }) },
  { group: 'queue', name: 'first page of an empty lane', run: d => flowQueuePage(d.pool, { lane: 'empty' }) },
  { group: 'queue', name: 'own queue, few', run: d => flowQueuePage(d.pool, { principalId: 'prn_2000' }) },
  { group: 'queue', name: 'own queue, none', run: d => flowQueuePage(d.pool, { principalId: 'prn_admin' }) },
  { group: 'queue', name: 'own queue, half of all', run: d => flowQueuePage(d.pool, { principalId: 'prn_busy' }) },
  { group: 'places', name: 'front of the queue', run: d => queuePlaces(d.pool, p.front) },
  { group: 'places', name: 'middle of the queue', run: d => queuePlaces(d.pool, p.depth) },
  { group: 'places', name: 'end of the queue', run: d => queuePlaces(d.pool, p.last) },
  { group: 'places', name: 'one flow', run: d => queuePlaces(d.pool, p.last.slice(0, 1)) },
  { group: 'overview', name: 'stats', run: d => queueStats(d.pool) },
  { group: 'overview', name: 'stats of a lane', run: d => queueStats(d.pool, 'default') },
  { group: 'overview', name: 'stats of all lanes', run: d => laneStats(d.pool, LANES) },
  { group: 'overview', name: 'slot holders', run: d => slotHolders(d.pool) },
  { group: 'overview', name: 'holders of three caps', run: d => scopeHolders(d.pool, { scopes: SCOPES }) },
  { group: 'overview', name: 'caps in use', run: d => capsInUse(d.pool) },
  { group: 'overview', name: 'throughput of an hour', run: d => throughput(d.pool) },
  { group: 'overview', name: 'throughput of a day of a lane', run: d => throughput(d.pool, { lane: 'mail', minutes: 1440, stepMinutes: 5 }) },
  { group: 'overview', name: 'throughput of a week', run: d => throughput(d.pool, { minutes: 10_080, stepMinutes: 60 }) },
  { group: 'overview', name: 'figures of kinds', run: d => kindFigures(d.pool, KINDS) },
  { group: 'overview', name: 'queues without a worker', run: d => unservedQueues(d.pool) },
  { group: 'overview', name: 'leases of five workers', run: d => workerLeases(d.pool, { workerIds: [1, 2, 3, 4, 5].map(n => `wrk_live${n}`), first: 10 }) },
  { group: 'feed', name: 'head', run: d => feedHead(d.pool) },
  { group: 'feed', name: '1,000 from the middle', run: async d => readFeed(d.pool, { ...(await feedHead(d.pool)), xid: '300', position: '0' }) },
  { group: 'feed', name: 'nothing new', run: async d => readFeed(d.pool, await feedHead(d.pool)) },
  { group: 'feed', name: 'events of one flow', run: d => flowEventsAfter(d.pool, p.ended, 0) },
  { group: 'audit', name: 'first page', run: d => auditPage(d.pool, { filter: {}, after: null, limit: 50 }) },
  { group: 'audit', name: 'of one flow', run: d => auditPage(d.pool, { filter: { target: p.ended }, after: null, limit: 50 }) },
  { group: 'audit', name: 'of one action', run: d => auditPage(d.pool, { filter: { action: ['cancelFlow'] }, after: null, limit: 50 }), narrow: true },
  { group: 'audit', name: 'of one who did little', run: d => auditPage(d.pool, { filter: { by: ['prn_rare'] }, after: null, limit: 50 }), narrow: true },
]
