import { describe, expect, test } from 'vitest'
import { NO_OPTIONS, readOptions } from './flow-options.ts'

describe('the options of a new flow', () => {
  test('what is left empty is not sent', () => {
    expect(readOptions(NO_OPTIONS)).toEqual({ options: {}, complaints: [] })
  })

  test('what is given is sent as the API takes it', () => {
    const typed = { ...NO_OPTIONS, title: ' Report ', labels: 'team=a\n\n note = x=y \nempty=', priority: '0', maxAttempts: '3', onLeaseLost: 'RETRY', notBefore: '2026-11-21T10:00', lane: 'nightly' }
    expect(readOptions(typed)).toEqual({
      options: { title: 'Report', labels: { team: 'a', note: 'x=y', empty: '' }, priority: 0, maxAttempts: 3, onLeaseLost: 'RETRY', notBefore: new Date('2026-11-21T10:00').toISOString(), lane: 'nightly' },
      complaints: [],
    })
  })

  test.each([
    ['priority', '-1'], ['priority', '9001'], ['maxAttempts', '0'], ['queueTtlSeconds', '1.5'], ['attemptTimeoutSeconds', 'soon'], ['labels', 'no equals sign'], ['labels', '=x'], ['labels', 'a=1\na=2'],
    ['webhookUrl', 'example.com/hook'], ['webhookUrl', 'ftp://example.com'],
  ])('%s cannot be %j, which is said at its field', (name, text) => {
    expect(readOptions({ ...NO_OPTIONS, [name]: text })).toMatchObject({ options: {}, complaints: [{ path: [name] }] })
  })

  test('a flow names a URL or an endpoint, not both', () => {
    expect(readOptions({ ...NO_OPTIONS, webhookUrl: ' https://example.com/hook ' }).options).toEqual({ webhookUrl: 'https://example.com/hook' })
    expect(readOptions({ ...NO_OPTIONS, webhookEndpointId: 'ep_1' }).options).toEqual({ webhookEndpointId: 'ep_1' })
    expect(readOptions({ ...NO_OPTIONS, webhookEndpointId: 'ep_1', webhookUrl: 'https://example.com' }).complaints).toEqual([{ path: ['webhookUrl'], message: 'A URL or an endpoint, not both.' }])
  })
})
