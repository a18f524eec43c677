import { describe, expect, test } from 'vitest'
import { byTrouble, failuresInWords, liveCounts, percentOf, type Health } from './endpoint-health.ts'

const health = (fields: Partial<Health>): Health => ({ state: 'ACTIVE', consecutiveFailures: 0, disabledAfter: 20, successRate: 1, ...fields })

describe('health of an endpoint', () => {
  test.each([[null, '–'], [1, '100 %'], [0.996, '99 %'], [0.5, '50 %'], [0, '0 %']])('a rate of %s is told as %s', (rate, text) => {
    expect(percentOf(rate)).toBe(text)
  })

  test('disabled ones stand first, then those that fail in a row, then those that arrived less often', () => {
    const [off, failing, poor, fine] = [health({ state: 'DISABLED' }), health({ consecutiveFailures: 2 }), health({ successRate: 0.7 }), health({ successRate: null })]
    expect([fine, poor, failing, off].toSorted(byTrouble)).toEqual([off, failing, poor, fine])
  })

  test('what was never told says so, and is no trouble', () => {
    expect(failuresInWords(health({ successRate: null }))).toBe('Nothing ended yet')
    expect(failuresInWords(health({ consecutiveFailures: 3, successRate: 0 }))).toBe('3 of 20 failed in a row')
  })

  test('live ones are counted by endpoint, and where not all were read the count is the least', () => {
    const live = [{ endpoint: { id: 'a' } }, { endpoint: { id: 'a' } }, { endpoint: { id: 'b' } }]
    expect([liveCounts(live, true).of('a'), liveCounts(live, true).of('c'), liveCounts(live, false).of('a')]).toEqual(['2', '0', '2+'])
  })
})
