import { BULK_STATES, DELIVERY_ERROR_CLASSES, DELIVERY_STATES, DELIVERY_TRIGGERS, ENDPOINT_STATES, FLOW_INPUT_STATES, FLOW_PHASES, FLOW_STATUSES, FRAME_KINDS, LANE_STATES, MEMO_KINDS, QUEUE_REASONS, WAIT_KINDS, WAIT_MODES, WAITPOINT_STATES, WORKER_STATES } from '@sluice/protocol'
import { render, screen } from '@testing-library/react'
import { describe, expect, test } from 'vitest'
import { LookBadge } from '../ui/look.tsx'
import { ATTEMPT_LOOKS, BULK_LOOKS, DELIVERY_LOOKS, ENDPOINT_LOOKS, FLOW_INPUT_LOOKS, FRAME_LOOKS, LANE_LOOKS, lookOf, MEMO_LOOKS, PHASE_LOOKS, REASON_LOOKS, STATUS_LOOKS, TRIGGER_LOOKS, WAIT_KIND_LOOKS, WAIT_MODE_LOOKS, WAITPOINT_LOOKS, WORKER_LOOKS } from './looks.ts'

const LISTS = [
  ['status', FLOW_STATUSES.map(word => STATUS_LOOKS[word])],
  ['phase', FLOW_PHASES.map(word => PHASE_LOOKS[word])],
  ['queue reason', QUEUE_REASONS.map(word => REASON_LOOKS[word])],
  ['lane state', LANE_STATES.map(word => LANE_LOOKS[word])],
  ['worker state', WORKER_STATES.map(word => WORKER_LOOKS[word])],
  ['delivery state', DELIVERY_STATES.map(word => DELIVERY_LOOKS[word])],
  ['delivery trigger', DELIVERY_TRIGGERS.map(word => TRIGGER_LOOKS[word])],
  ['end of an attempt', DELIVERY_ERROR_CLASSES.map(word => ATTEMPT_LOOKS[word])],
  ['endpoint state', ENDPOINT_STATES.map(word => ENDPOINT_LOOKS[word])],
  ['state of a bulk operation', BULK_STATES.map(word => BULK_LOOKS[word])],
  ['kind of wait', WAIT_KINDS.map(word => WAIT_KIND_LOOKS[word])],
  ['mode of a wait', WAIT_MODES.map(word => WAIT_MODE_LOOKS[word])],
  ['state of a wait', WAITPOINT_STATES.map(word => WAITPOINT_LOOKS[word])],
  ['state of an input', FLOW_INPUT_STATES.map(word => FLOW_INPUT_LOOKS[word])],
  ['kind of memo', MEMO_KINDS.map(word => MEMO_LOOKS[word])],
  ['kind of output', FRAME_KINDS.map(word => FRAME_LOOKS[word])],
] as const

describe('looks', () => {
  test.each(LISTS)('every %s has a word of its own, an icon and a sentence, so that colour never stands alone', (_name, looks) => {
    expect(new Set(looks.map(look => look.word)).size).toBe(looks.length)
    for (const look of looks) {
      const { container, unmount } = render(<LookBadge look={look} />)
      expect(screen.getByText(look.word).title).toBe(look.sentence)
      expect(container.querySelector('svg')?.getAttribute('aria-hidden')).toBe('true')
      unmount()
    }
  })

  test('a running flow shows its phase, any other its status', () => {
    expect(lookOf({ status: 'RUNNING', phase: 'CANCELLING' })).toBe(PHASE_LOOKS.CANCELLING)
    expect(lookOf({ status: 'FINISHED', phase: null })).toBe(STATUS_LOOKS.FINISHED)
  })
})
