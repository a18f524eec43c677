import { expect, test } from 'vitest'
import { PHASE_LOOKS, STATUS_LOOKS } from '../looks.ts'
import { segmentsOf, type Milestone } from './life-segments.ts'

const at = (second: number) => `2026-11-21T10:00:${String(second).padStart(2, '0')}.000Z`
const log = (...entries: [Milestone['status'], Milestone['phase']][]): Milestone[] =>
  entries.map(([status, phase], index) => ({ sequence: index + 1, status, phase, at: at(index) }))

test('a life is its stretches in order, and the end has no length', () => {
  const segments = segmentsOf(log(['QUEUED', null], ['RUNNING', 'STARTING'], ['RUNNING', 'WORKING'], ['FINISHED', null]))
  expect(segments.map(({ look, from, to }) => [look, from, to])).toEqual([
    [STATUS_LOOKS.QUEUED, at(0), at(1)], [PHASE_LOOKS.STARTING, at(1), at(2)], [PHASE_LOOKS.WORKING, at(2), at(3)], [STATUS_LOOKS.FINISHED, at(3), at(3)],
  ])
})

test('what lasts has no end yet', () => {
  expect(segmentsOf(log(['QUEUED', null])).at(-1)?.to).toBeNull()
})

test('a retry is a second attempt, counted from one', () => {
  const segments = segmentsOf(log(['QUEUED', null], ['RUNNING', 'STARTING'], ['RUNNING', 'WORKING'], ['QUEUED', null], ['RUNNING', 'STARTING'], ['RUNNING', 'WORKING']))
  expect(segments.map(segment => segment.attempt)).toEqual([null, 1, 1, null, 2, 2])
})

test('milestones that change neither status nor phase do not cut a stretch', () => {
  const segments = segmentsOf(log(['QUEUED', null], [null, null], ['QUEUED', null], ['CANCELLED', null]))
  expect(segments.map(({ from, to }) => [from, to])).toEqual([[at(0), at(3)], [at(3), at(3)]])
})
