/** What one promotion pass looks for and how much room there is: pure arithmetic over the scopes as read. */
import type { AskingWorker, Head, PrincipalRoom, Room, Scopes } from '../sql/promotion-sql.ts'

export interface Ask { workerId: string; max: number }
export interface Seat { worker: AskingWorker; free: number; ask: Ask }
export interface Rooms { global: number | null; lanes: Room[]; principals: PrincipalRoom[] }

/** One seat per ask, cut to what is left of its worker's capacity (two asks of one worker share it). */
export function seatsOf(asks: Ask[], scopes: Scopes): Seat[] {
  const workers = new Map(scopes.workers.map(w => [w.id, w]))
  const left = new Map(scopes.workers.map(w => [w.id, Math.max(0, w.room)]))
  return asks.flatMap(ask => {
    const worker = workers.get(ask.workerId)
    const free = Math.min(ask.max, left.get(ask.workerId) ?? 0)
    if (!worker || free === 0) return []
    left.set(worker.id, (left.get(worker.id) ?? 0) - free)
    return [{ worker, free, ask }]
  })
}

export const takes = (worker: AskingWorker, flow: { lane: string; kind: string }): boolean =>
  worker.kinds.includes(flow.kind) && (worker.lanes.length === 0 || worker.lanes.includes(flow.lane))

/** Lanes that start × kinds that are asked for. */
export function headsOf(seats: Seat[], scopes: Scopes): Head[] {
  const lanes = scopes.lanes.filter(l => l.state === 'OPEN' || l.state === 'DRAINING').map(l => l.name)
  const kinds = [...new Set(seats.flatMap(s => s.worker.kinds))]
  return lanes.flatMap(lane => kinds.filter(kind => seats.some(s => takes(s.worker, { lane, kind }))).map(kind => ({ lane, kind })))
}

/** Free slots in each scope that has a cap; never below zero (a cap may be lowered under what runs). */
export function roomsOf(scopes: Scopes): Rooms {
  const cap = (scope: string): { subject: string; maxActive: number }[] => scopes.caps.filter(c => c.scope === scope)
  const free = (max: number, held: { slots: number }[]): number => Math.max(0, max - sum(held.map(h => h.slots)))
  const [global] = cap('GLOBAL')
  return {
    global: global ? free(global.maxActive, scopes.active) : null,
    lanes: cap('LANE').map(c => ({ lane: c.subject, slots: free(c.maxActive, scopes.active.filter(a => a.lane === c.subject)) })),
    principals: cap('PRINCIPAL').map(c => ({ principalId: c.subject, slots: free(c.maxActive, scopes.active.filter(a => a.principalId === c.subject)) })),
  }
}

/** Whether starting it exceeds a cap, and the rooms after it started. */
export function takeRoom(rooms: Rooms, flow: { lane: string; principalId: string }): { over: boolean; rooms: Rooms } {
  const lane = rooms.lanes.find(r => r.lane === flow.lane)
  const principal = rooms.principals.find(r => r.principalId === flow.principalId)
  const over = rooms.global === 0 || lane?.slots === 0 || principal?.slots === 0
  return {
    over,
    rooms: {
      global: rooms.global === null ? null : Math.max(0, rooms.global - 1),
      lanes: rooms.lanes.map(r => (r === lane ? { ...r, slots: Math.max(0, r.slots - 1) } : r)),
      principals: rooms.principals.map(r => (r === principal ? { ...r, slots: Math.max(0, r.slots - 1) } : r)),
    },
  }
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0)
