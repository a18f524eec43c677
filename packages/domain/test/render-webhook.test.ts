import { describe, expect, test } from 'vitest'
import { INLINE_MAX_BYTES, renderWebhook, withDeliveryId } from '../src/index.ts'
import type { WebhookFlow } from '../src/index.ts'

const at = new Date('2026-01-31T12:00:00Z')
const flow = (more: Partial<WebhookFlow>): WebhookFlow => ({
  id: 'flow_1', kind: 'work', title: 'A title', lane: 'default', labels: {}, status: 'FINISHED', phase: null, terminalReason: 'completed', principalId: 'prn_1', currentAttempt: 0, retryOfId: null,
  createdAt: at, queuedAt: at, startedAt: at, finishedAt: at, result: 'done', error: null, ...more,
})
const render = (more: Partial<WebhookFlow>): string => renderWebhook({ eventId: 'evt_1', type: 'flow.finished', at, sequence: 4, flow: flow(more) }, { inline: true, publicUrl: 'https://sluice.example.com' })
const textOf = (body: string): unknown => (JSON.parse(body) as { data: { output: { text?: string } } }).data.output.text

describe('D-20 the body of a webhook', () => {
  /** As long as they may be, of what takes the most room in JSON. */
  const longest = {
    title: '\u0001'.repeat(200), labels: Object.fromEntries(Array.from({ length: 32 }, (_, n) => [`${n}`.padEnd(64, '\u0001'), '\u0001'.repeat(256)])),
    error: { code: 'FAILED', message: '\u0001'.repeat(100_000) },
  }

  test.each([
    ['letters', 'x'.repeat(INLINE_MAX_BYTES), true], ['letters of two bytes', 'ü'.repeat(INLINE_MAX_BYTES / 2), true], ['lines of eight', 'seven..\n'.repeat(INLINE_MAX_BYTES / 8), true],
    ['one byte more', 'x'.repeat(INLINE_MAX_BYTES + 1), false], ['line breaks', '\n'.repeat(INLINE_MAX_BYTES), false], ['control characters', '\u0001'.repeat(INLINE_MAX_BYTES), false],
  ])('stays below 512 KiB with a text of %s, which is left out where it would not', (_what, result, isThere) => {
    const body = render({ ...longest, result })
    expect(Buffer.byteLength(body)).toBeLessThan(512 * 1024)
    expect(textOf(body)).toBe(isThere ? result : undefined)
  })
})

test('INV-28 the id of a delivery is put in front of the stored body, and nothing else of it changes', () => {
  const body = render({})
  expect(withDeliveryId(body, 'dlv_1')).toBe(`{"delivery_id":"dlv_1",${body.slice(1)}`)
  expect(JSON.parse(body)).toMatchObject({ event_id: 'evt_1', sequence: 4 })
})
