import { describe, expect, test } from 'vitest'
import type { Json } from '@sluice/protocol'
import { completeFlow, refuseNewFlow, requestHash } from '../src/index.ts'
import type { NewFlow } from '../src/index.ts'

const NUL = String.fromCharCode(0)
const HALF = String.fromCharCode(0xd800)
const bad: [string, Partial<NewFlow>, string, string[]?][] = [
  ['an empty kind', { kind: '' }, 'INVALID_INPUT', ['kind']],
  ['a kind with a space', { kind: 'a b' }, 'INVALID_INPUT', ['kind']],
  ['a kind that is too long', { kind: 'k'.repeat(65) }, 'LIMIT_EXCEEDED'],
  ['a lane with a NUL', { lane: `a${NUL}` }, 'INVALID_INPUT', ['lane']],
  ['a title that is too long', { title: 't'.repeat(201) }, 'LIMIT_EXCEEDED'],
  ['a title with half a character', { title: `a${HALF}b` }, 'INVALID_INPUT', ['title']],
  ['labels that are a list', { labels: [] }, 'INVALID_INPUT', ['labels']],
  ['a label that is a number', { labels: { size: 3 } }, 'INVALID_INPUT', ['labels', 'size']],
  ['too many labels', { labels: Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`l${n}`, ''])) }, 'LIMIT_EXCEEDED'],
  ['a label value that is too long', { labels: { a: 'v'.repeat(257) } }, 'LIMIT_EXCEEDED'],
  ['no attempts', { maxAttempts: 0 }, 'INVALID_INPUT', ['maxAttempts']],
  ['half an attempt', { maxAttempts: 1.5 }, 'INVALID_INPUT', ['maxAttempts']],
  ['a negative time in the queue', { queueTtlSeconds: -1 }, 'INVALID_INPUT', ['queueTtlSeconds']],
  ['an attempt timeout of nothing', { attemptTimeoutSeconds: 0 }, 'INVALID_INPUT', ['attemptTimeoutSeconds']],
  ['an empty idempotency key', { idempotencyKey: '' }, 'INVALID_INPUT', ['idempotencyKey']],
  ['an input that is too large', { input: 'x'.repeat(2000) }, 'LIMIT_EXCEEDED'],
  ['an input with a NUL deep inside', { input: { a: [{ b: `x${NUL}` }] } as Json }, 'INVALID_INPUT', ['input', 'a', '0', 'b']],
  ['an input with half a character in a key', { input: { [HALF]: 1 } }, 'INVALID_INPUT', ['input']],
]

describe('a new flow', () => {
  test.each(bad)('is refused with %s', (_title, item, code, path) => {
    const refusal = refuseNewFlow({ kind: 'work', ...item }, 1000)
    expect(refusal).toMatchObject({ code, ...(path ? { path } : {}) })
  })

  test('may hold every storable character', () => {
    expect(refuseNewFlow({ kind: 'a.b_c:d/e-f', title: '🚰 ünïcode', input: { '🚰': ['\n\t', '😀'] }, labels: { a: '' } }, 1000)).toBeUndefined()
  })

  test('takes what it leaves out from its kind, else its lane, else the environment, else built-in values', () => {
    const environment = { attemptTimeoutMs: 1500, flowDeadlineMs: null, queueTtlMs: 60_000 }
    const flow = completeFlow({ kind: 'work' }, { kindTitle: null, kind: { priority: 7, onLeaseLost: 'RETRY' }, lane: { priority: 3, queueTtlSeconds: 5 }, environment })
    expect(flow).toMatchObject({ title: 'work', lane: 'default', priority: 7, onLeaseLost: 'RETRY', maxAttempts: 3, queueTtlSeconds: 5, attemptTimeoutSeconds: 2 })
    expect(completeFlow({ kind: 'work', priority: 99_999 }, { kindTitle: 'Work', kind: {}, lane: {}, environment })).toMatchObject({ title: 'Work', priority: 9000, maxAttempts: 1, onLeaseLost: 'FAIL' })
  })

  test('D-13 the request’s hash ignores the key and the order of fields, and nothing else', () => {
    const hash = requestHash({ kind: 'work', input: { a: 1, b: 2 }, idempotencyKey: 'x' })
    expect(requestHash({ input: { b: 2, a: 1 }, kind: 'work', idempotencyKey: 'y' })).toBe(hash)
    expect(requestHash({ kind: 'work', input: { a: 1, b: 3 } })).not.toBe(hash)
  })
})
