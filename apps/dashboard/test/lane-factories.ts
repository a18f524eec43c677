import type { Json, LaneState, WorkerState } from '@sluice/protocol'

/** Lanes, caps, workers and control planes as the API would answer them. */

const START = Date.parse('2026-11-21T10:00:00.000Z')
export const at = (seconds: number) => new Date(START + seconds * 1000).toISOString()

const ADMIN = { __typename: 'Principal', id: 'prn_admin', name: 'admin' } as const

export const statsOf = (stats: Partial<Record<'queued' | 'running' | 'waiting' | 'slotsHeld' | 'slotsHeldByWaiting' | 'cap', number>> = {}) => ({
  __typename: 'QueueStats' as const, queued: 0, running: 0, waiting: 0, slotsHeld: 0, slotsHeldByWaiting: 0, cap: 0, finishedLastMinute: 0, failedLastMinute: 0,
  oldestQueuedAt: (stats.queued ?? 0) > 0 ? at(-65) : null, ...stats,
})

interface CapFields { scope?: 'GLOBAL' | 'LANE' | 'PRINCIPAL'; principal?: object | null; lane?: object | null; maxActive?: number; active?: number; environmentValue?: number | null; fromEnvironment?: boolean; reason?: string | null }

export const fakeCap = (cap: CapFields = {}) => ({
  __typename: 'Cap' as const, scope: 'GLOBAL', lane: null, principal: null, maxActive: 5, active: 0, fromEnvironment: false, environmentValue: null, reason: null, setAt: at(-60), setBy: ADMIN, ...cap,
})

interface LaneFields {
  state?: LaneState; stateReason?: string | null; stateAt?: string | null; stateBy?: object | null; waitingHoldsSlot?: boolean; defaults?: Json; version?: number
  cap?: object | null; stats?: object
}

export const fakeLane = (name: string, lane: LaneFields = {}) => ({
  __typename: 'Lane' as const, id: `lane_${name}`, name, state: 'OPEN' as LaneState, stateReason: null, stateAt: null, stateBy: null, waitingHoldsSlot: true, defaults: {} as Json, version: 1,
  cap: null, stats: statsOf(), ...lane,
})

export const pausedLane = (name: string, reason: string) => fakeLane(name, { state: 'PAUSED', stateReason: reason, stateAt: at(-120), stateBy: ADMIN })

interface WorkerFields { state?: WorkerState; kinds?: string[]; lanes?: string[]; capacity?: number; leased?: number; heartbeatAt?: string; currentAttempts?: object[] }

/** A worker that was just heard; the lease time is 45 s. */
export const fakeWorker = (name: string, worker: WorkerFields = {}) => ({
  __typename: 'Worker' as const, id: `wrk_${name}`, instanceId: `instance-${name}`, name, state: 'ACTIVE' as WorkerState, kinds: ['sample.digest'], lanes: [] as string[], capacity: 8, leased: 0,
  codeVersion: '0.1.0', registeredAt: at(-3600), heartbeatAt: at(-1), heartbeatMs: 15_000, expiresAt: at(44), principal: { __typename: 'Principal', id: 'prn_runner', name: 'runner' }, currentAttempts: [] as object[], ...worker,
})

export const fakeAttempt = (id: string, title: string) => ({
  __typename: 'Attempt' as const, id: `att_${id}`, index: 0, startedAt: at(-30), leaseExpiresAt: at(40),
  flow: { __typename: 'Flow', id: `flow_${id}`, title, kind: 'sample.digest', status: 'RUNNING', phase: 'WORKING', lane: { __typename: 'Lane', id: 'lane_default', name: 'default' } },
})

export const fakeServer = (id: string, server: { version?: string; roles?: string[] } = {}) => ({
  __typename: 'ServerProcess' as const, id: `srv_${id}`, version: '0.1.0', roles: ['api', 'dispatcher'], startedAt: at(-3600), aliveAt: at(-2), ...server,
})
