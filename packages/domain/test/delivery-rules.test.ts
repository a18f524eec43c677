import { DELIVERY_STATES } from '@sluice/protocol'
import { describe, expect, test } from 'vitest'
import { DELIVERY_MOVES, RETRY_AFTER_MAX_MS, answerOf, chooseByRoom, countsAs, decideAfterAttempt, decideLost, refuseReplay } from '../src/index.ts'
import type { DeliveryFacts, HostLoad } from '../src/index.ts'

const POLICY = { maxAttempts: 5, scheduleMs: [5000, 30_000, 120_000, 600_000], dice: 0.5 }
const delivery = (attemptCount: number, trigger: DeliveryFacts['trigger'] = 'AUTO'): DeliveryFacts => ({ id: 'dlv_1', endpointId: 'ep_1', state: 'SENDING', trigger, attemptCount })
const answer = (statusCode: number | null, errorClass: string | null = null, retryAfterMs: number | null = null) => ({ statusCode, errorClass: errorClass as never, retryAfterMs })

describe('what an answer means (9.3)', () => {
  test.each([
    [200, 'delivered'], [201, 'delivered'], [204, 'delivered'], [299, 'delivered'], [300, 'rejected'], [301, 'rejected'], [302, 'rejected'], [307, 'rejected'], [400, 'rejected'],
    [401, 'rejected'], [404, 'rejected'], [408, 'again'], [409, 'rejected'], [410, 'gone'], [425, 'rejected'], [429, 'again'], [500, 'again'], [502, 'again'], [503, 'again'], [599, 'again'],
  ] as const)('HTTP %i is %s', (status, word) => {
    expect(answerOf(answer(status))).toBe(word)
  })
  test.each([
    ['TIMEOUT', 'again'], ['UNRESOLVED', 'again'], ['NO_CONNECTION', 'again'], ['TLS', 'again'], ['BROKEN', 'again'], ['KEY_UNKNOWN', 'again'], ['SENDER_LOST', 'again'],
    ['URL_NOT_ALLOWED', 'blocked'], ['UNSIGNED', 'rejected'],
  ] as const)('%s is %s', (errorClass, word) => {
    expect(answerOf(answer(null, errorClass))).toBe(word)
  })
  test('an answer that broke off after its headers is no delivery, whatever its status', () => {
    expect(answerOf(answer(200, 'BROKEN'))).toBe('again')
  })
})

describe('the schedule (D-18)', () => {
  test('five attempts, with delays of 5 s, 30 s, 2 min and 10 min between them, then EXHAUSTED', () => {
    const moves = [1, 2, 3, 4, 5].map(n => decideAfterAttempt(delivery(n), answer(500), POLICY))
    expect(moves.map(m => [m.state, m.delayMs])).toEqual([
      ['RETRY_SCHEDULED', 5000], ['RETRY_SCHEDULED', 30_000], ['RETRY_SCHEDULED', 120_000], ['RETRY_SCHEDULED', 600_000], ['EXHAUSTED', null],
    ])
  })
  test('each delay is spread by a fifth, and the last one repeats', () => {
    expect([0, 1].map(dice => decideAfterAttempt(delivery(1), answer(500), { ...POLICY, dice }).delayMs)).toEqual([4000, 6000])
    expect(decideAfterAttempt(delivery(7), answer(500), { ...POLICY, maxAttempts: 9 }).delayMs).toBe(600_000)
  })
  test('Retry-After is honoured up to 15 minutes, and never shortens the schedule', () => {
    expect(decideAfterAttempt(delivery(1), answer(429, null, 60_000), POLICY).delayMs).toBe(60_000)
    expect(decideAfterAttempt(delivery(1), answer(503, null, 86_400_000), POLICY).delayMs).toBe(RETRY_AFTER_MAX_MS)
    expect(decideAfterAttempt(delivery(2), answer(503, null, 0), POLICY).delayMs).toBe(30_000)
  })
  test('INV-29 an attempt whose sender died counts, and giving up is never a success', () => {
    expect(decideLost(delivery(4), POLICY)).toMatchObject({ state: 'RETRY_SCHEDULED', error: 'SENDER_LOST' })
    expect(decideLost(delivery(5), POLICY)).toMatchObject({ state: 'EXHAUSTED', error: 'SENDER_LOST' })
  })
  test('the error is a word: the class, or the status', () => {
    expect(decideAfterAttempt(delivery(1), answer(503), POLICY).error).toBe('HTTP_503')
    expect(decideAfterAttempt(delivery(1), answer(null, 'TLS'), POLICY).error).toBe('TLS')
    expect(decideAfterAttempt(delivery(1), answer(204), POLICY).error).toBeNull()
  })
})

describe('the streak (D-27)', () => {
  test.each([['DELIVERED', 'success'], ['EXHAUSTED', 'failure'], ['REJECTED', 'failure'], ['BLOCKED', 'failure'], ['SUPPRESSED', 'nothing'], ['RETRY_SCHEDULED', 'nothing']] as const)('%s counts as %s', (state, word) => {
    expect(countsAs({ delivery: delivery(1), state })).toBe(word)
  })
  test.each(['REPLAY', 'TEST'] as const)('%s counts nothing, however it ends', trigger => {
    for (const state of DELIVERY_STATES) expect(countsAs({ delivery: delivery(1, trigger), state })).toBe('nothing')
  })
  test('every state but those of the outbox is reached by a move', () => {
    expect(new Set(Object.values(DELIVERY_MOVES).map(m => m.to))).toEqual(new Set(DELIVERY_STATES))
  })
})

describe('who may be replayed (D-26)', () => {
  const facts = { eventType: 'flow.finished', endpointState: 'ACTIVE', hasBody: true, live: false } as const
  test.each([
    [{}, undefined], [{ endpointState: 'DISABLED' }, undefined], [{ endpointState: 'DELETED' }, 'ENDPOINT_GONE'], [{ hasBody: false }, 'BODY_PURGED'], [{ live: true }, 'DELIVERY_IN_PROGRESS'],
  ] as const)('%o: %s', (change, code) => {
    expect(refuseReplay({ ...facts, ...change })?.code).toBe(code)
  })
})

describe('rooms (D-27)', () => {
  const limits = { concurrency: 32, perHost: 4 }
  const at = (host: string, count: number) => Array.from({ length: count }, () => ({ host }))
  const choose = (candidates: { host: string }[], loads: [string, HostLoad][] = []) => chooseByRoom(candidates, { loads: new Map(loads), limits }).map(c => c.host)

  test('a host gets one request until its latest attempt was answered, then four', () => {
    expect(choose(at('a', 9))).toEqual(['a'])
    expect(choose(at('a', 9), [['a', { busy: 0, standing: 'answers' }]])).toHaveLength(4)
    expect(choose(at('a', 9), [['a', { busy: 3, standing: 'answers' }]])).toHaveLength(1)
    expect(choose(at('a', 9), [['a', { busy: 2, standing: 'silent' }]])).toEqual([])
  })
  test('however many hosts hang, those that answer find room', () => {
    const hanging = Array.from({ length: 100 }, (_, n): [string, HostLoad] => [`hang${n}`, { busy: 0, standing: 'silent' }])
    const candidates = [...hanging.map(([host]) => ({ host })), ...at('good', 9)]
    const chosen = choose(candidates, [...hanging, ['good', { busy: 0, standing: 'answers' }]])
    expect(chosen.filter(h => h === 'good')).toHaveLength(4)
    expect(chosen.filter(h => h !== 'good')).toHaveLength(8)
  })
  test('hosts that were never asked share half of the room', () => {
    expect(choose(Array.from({ length: 100 }, (_, n) => ({ host: `new${n}` })))).toHaveLength(16)
  })
  test('all together never exceed the concurrency', () => {
    const loads = Array.from({ length: 20 }, (_, n): [string, HostLoad] => [`h${n}`, { busy: 2, standing: 'answers' }])
    expect(choose(at('h0', 4), loads)).toEqual([])
    expect(chooseByRoom(Array.from({ length: 100 }, (_, n) => ({ host: `h${n % 20}` })), { loads: new Map(loads.map(([h, l]) => [h, { ...l, busy: 1 }])), limits })).toHaveLength(12)
  })
})
