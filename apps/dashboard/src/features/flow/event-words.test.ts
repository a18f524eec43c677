import { describe, expect, test } from 'vitest'
import { carriedBy, inWords, isFlat, nameOf } from './event-words.ts'

const names = new Map([['prn_admin', 'admin'], ['wrk_1', 'runner']])
const words = (payload: Parameters<typeof carriedBy>[0]) => inWords(carriedBy(payload), names)

describe('what an event says', () => {
  test('who is known is named, the system by its word, and who is not by a short id', () => {
    expect(nameOf('prn_admin', names)).toBe('admin')
    expect(nameOf('system', names)).toBe('the system')
    expect(nameOf('prn_01k9aaaaaaaaaaaaaaaaaax7q2', names)).toBe('prn_01k9a…aax7q2')
  })

  test('what it carried is told in words, without what is null', () => {
    expect(words({ attempt: 0, worker: 'wrk_1', workerName: 'runner', overCap: false, pinnedBy: null, reason: null })).toBe('attempt: 1, worker: runner, over cap: no')
    expect(words({ cause: 'retry', delayMs: 4200 })).toBe('cause: retry, delay: 4.2s')
    expect(words({ bytes: 8 })).toBe('size: 8 B')
    expect(words({ name: 'report.pdf', size: 1_500_000, mediaType: 'application/pdf' })).toBe('name: report.pdf, size: 1.4 MiB, media type: application/pdf')
  })

  test('what is nested is told too, and known to be so', () => {
    const payload = { by: 'prn_admin', error: { code: 'E', message: 'It broke.', detail: null } }
    expect(words(payload)).toBe('by: admin, error: (code: E, message: It broke.)')
    expect([isFlat(carriedBy(payload)), isFlat(carriedBy({ by: 'prn_admin' }))]).toEqual([false, true])
  })

  test('nothing carried is nothing said', () => {
    expect([carriedBy(null), carriedBy({}), carriedBy({ reason: null })]).toEqual([[], [], []])
  })
})
