/** States of what stands around flows. */
export const LANE_STATES = ['OPEN', 'PAUSED', 'DRAINING', 'DISABLED'] as const
export type LaneState = (typeof LANE_STATES)[number]

export const LANE_STATE_SENTENCES: Record<LaneState, string> = {
  OPEN: 'Accepts flows and starts them.',
  PAUSED: 'Accepts flows and starts nothing.',
  DRAINING: 'Accepts nothing new and finishes the rest.',
  DISABLED: 'Neither accepts nor starts.',
}

export const WORKER_STATES = ['ACTIVE', 'DRAINING', 'DEAD'] as const
export type WorkerState = (typeof WORKER_STATES)[number]

export const CAP_SCOPES = ['GLOBAL', 'LANE', 'PRINCIPAL'] as const
export type CapScope = (typeof CAP_SCOPES)[number]

export const DEFAULT_LANE = 'default'
