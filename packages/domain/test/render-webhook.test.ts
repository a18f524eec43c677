import { describe, expect, test } from 'vitest'
import { INLINE_MAX_BYTES, renderWebhook, withDeliveryId } from '../src/index.ts'
import type { WebhookArtifact, WebhookFlow } from '../src/index.ts'

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

describe('the artifacts in the body of a webhook', () => {
  const KIB = 1024
  const artifact = (name: string, o: Partial<WebhookArtifact> & { text?: string } = {}): WebhookArtifact => {
    const bytes = o.bytes === undefined && o.text !== undefined ? Buffer.from(o.text) : (o.bytes ?? null)
    return { name, mediaType: 'text/plain', size: bytes?.length ?? 9, digest: 'd'.repeat(64), ...o, bytes }
  }
  interface Shown { name: string; url: string; inline?: string; encoding?: string }
  function shown(artifacts: WebhookArtifact[], o: { inline?: boolean; more?: Partial<WebhookFlow> } = {}): { artifacts: Shown[]; artifacts_total?: number; bytes: number } {
    const body = renderWebhook({ eventId: 'evt_1', type: 'flow.finished', at, sequence: 4, flow: flow(o.more ?? {}), artifacts }, { inline: o.inline ?? true, publicUrl: 'https://sluice.example.com' })
    return { ...(JSON.parse(body) as { data: { artifacts: Shown[]; artifacts_total?: number } }).data, bytes: Buffer.byteLength(withDeliveryId(body, `dlv_${'x'.repeat(26)}`)) }
  }

  test('each by name, with where its bytes are; small ones with them: text as text, anything else as base64', () => {
    const given = [
      artifact('a.txt', { text: 'grün' }), artifact('b.json', { mediaType: 'application/json; charset=utf-8', text: '{}' }), artifact('c.png', { mediaType: 'image/png', bytes: Buffer.from([0, 255]) }),
      artifact('d.txt', { bytes: Buffer.from([0xff, 0xfe]) }), artifact('e.big', { size: 5 * KIB * KIB }), artifact('f.empty', { text: '' }),
    ]
    const { artifacts } = shown(given)
    expect(artifacts[0]).toEqual({ name: 'a.txt', media_type: 'text/plain', size: 5, digest: 'd'.repeat(64), url: 'https://sluice.example.com/flows/flow_1/artifacts/a.txt', inline: 'grün', encoding: 'utf-8' })
    expect(artifacts.map(one => [one.inline, one.encoding])).toEqual([['grün', 'utf-8'], ['{}', 'utf-8'], ['AP8=', 'base64'], ['//4=', 'base64'], [undefined, undefined], ['', 'utf-8']])
    expect(shown(given, { inline: false }).artifacts.map(one => one.inline)).toEqual(given.map(() => undefined))
  })

  test('D-20 the whole body stays below 512 KiB: the smallest come with their bytes, the others by their address', () => {
    const given = [artifact('a', { text: '\u0001'.repeat(80 * KIB) }), artifact('b', { text: 'x'.repeat(200 * KIB) }), artifact('c', { text: 'y'.repeat(150 * KIB) }), artifact('d', { text: 'z'.repeat(190 * KIB) })]
    const { artifacts, bytes } = shown(given, { more: { result: 'short' } })
    expect(artifacts.map(one => [one.name, one.inline?.length])).toEqual([['a', undefined], ['b', undefined], ['c', 150 * KIB], ['d', 190 * KIB]])
    expect(bytes).toBeLessThanOrEqual(512 * KIB)
    expect(shown(given, { more: { result: 'x'.repeat(262_144) } }).artifacts.map(one => one.inline?.length)).toEqual([undefined, undefined, 150 * KIB, undefined])
  })

  test('the text of completion stands in output and not a second time', () => {
    const given = [artifact('completion', { text: 'done' }), artifact('other', { text: 'x' })]
    expect(shown(given).artifacts.map(one => one.inline)).toEqual([undefined, 'x'])
    expect(shown(given, { more: { result: { a: 1 } } }).artifacts.map(one => one.inline)).toEqual(['done', 'x'])
  })

  test('of more than there is room for it says how many there are', () => {
    const given = Array.from({ length: 1000 }, (_, n) => artifact(`${n}`.padEnd(128, 'n'), { mediaType: `text/${'t'.repeat(250)}`, text: 'x' }))
    const { artifacts, artifacts_total, bytes } = shown(given)
    expect([artifacts_total, artifacts.length > 500, artifacts.length < 1000]).toEqual([1000, true, true])
    expect(bytes).toBeLessThanOrEqual(512 * KIB)
    expect(shown(given.slice(0, 10))).not.toHaveProperty('artifacts_total')
  })
})

test('INV-28 the id of a delivery is put in front of the stored body, and nothing else of it changes', () => {
  const body = render({})
  expect(withDeliveryId(body, 'dlv_1')).toBe(`{"delivery_id":"dlv_1",${body.slice(1)}`)
  expect(JSON.parse(body)).toMatchObject({ event_id: 'evt_1', sequence: 4 })
})
