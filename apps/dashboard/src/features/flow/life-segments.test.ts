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

test('a wait is a stretch of its own, which names what it is for; its release does not cut it', () => {
  const milestones = log(['RUNNING', 'STARTING'], ['RUNNING', 'WORKING'], ['WAITING', null], [null, null], ['QUEUED', null], ['RUNNING', 'STARTING'])
  const segments = segmentsOf(milestones.map(one => (one.status === 'WAITING' ? { ...one, payload: { key: 'publish', waitpoint: 'wpt_1' } } : one)))
  expect(segments.map(({ look, asked, attempt, from, to }) => [look.word, asked, attempt, from, to])).toEqual([
    ['Starting', null, 1, at(0), at(1)], ['Working', null, 1, at(1), at(2)], ['Waiting', 'publish', null, at(2), at(4)], ['Queued', null, null, at(4), at(5)], ['Starting', null, 2, at(5), null],
  ])
})
