import { isTerminal, type FlowPhase, type FlowStatus, type Json } from '@sluice/protocol'
import type { Look } from '../../ui/look.tsx'
import { lookOf } from '../looks.ts'

/** A milestone that set status or phase. */
export interface Milestone { sequence: number; status: FlowStatus | null; phase: FlowPhase | null; at: string; payload?: Json }

/** A stretch of a flow's life in one status and phase. to null = it lasts; an end has from = to. asked: the key of what it waits for. */
export interface Segment { sequence: number; look: Look; status: FlowStatus; attempt: number | null; asked: string | null; from: string; to: string | null }

const same = (a: Segment, b: Milestone) => a.status === b.status && a.look === lookOf({ status: b.status, phase: b.phase })

const keyIn = (payload: Json | undefined): string | null =>
  typeof payload === 'object' && payload !== null && !Array.isArray(payload) && typeof payload['key'] === 'string' ? payload['key'] : null

/** The stretches of a life, from its milestones in order. Attempts are counted from 1, as people do. */
export const segmentsOf = (milestones: readonly Milestone[]): Segment[] => {
  const segments: Segment[] = []
  let attempt = 0
  for (const milestone of milestones) {
    if (milestone.status === null) continue
    const last = segments.at(-1)
    if (last && same(last, milestone)) continue
    if (last) last.to = milestone.at
    if (milestone.phase === 'STARTING') attempt += 1
    const running = milestone.status === 'RUNNING'
    segments.push({
      sequence: milestone.sequence, look: lookOf({ status: milestone.status, phase: milestone.phase }), status: milestone.status,
      attempt: running ? attempt : null, asked: milestone.status === 'WAITING' ? keyIn(milestone.payload) : null, from: milestone.at, to: isTerminal(milestone.status) ? milestone.at : null,
    })
  }
  return segments
}
