import { transact } from '@sluice/db'
import type { Json, LeaseRef } from '@sluice/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FRAMES_START, appendFrames, cancelFlows, failFlows, finishFlows, framesAfter, framesBefore, returnFlows } from '../src/index.ts'
import type { FramePlace, FrameRow, GivenFrame } from '../src/index.ts'
import { lockFlows } from '../src/sql/lock-sql.ts'
import { sweepRetention } from '../src/services/sweep-retention.ts'
import { testbed } from './testbed.ts'
import type { Bed } from './testbed.ts'

let bed: Bed
beforeAll(async () => { bed = await testbed({ settings: { framesKept: 100, frameBytesKept: 100_000 } }) })
afterAll(() => bed[Symbol.asyncDispose]())

const lines = (from: number, to: number, payload: (n: number) => Json = n => `line ${n}`): GivenFrame[] =>
  Array.from({ length: to - from + 1 }, (_, at) => ({ sequence: from + at, kind: 'LOG', payload: payload(from + at) }))
const append = (lease: LeaseRef, frames: GivenFrame[], actor = bed.workerActor) => appendFrames(bed.deps, { actor, lease, frames })
async function working(o: Parameters<Bed['create']>[1] = {}): Promise<LeaseRef> {
  await bed.create(1, o)
  const [lease] = await bed.work(1)
  if (!lease) throw new Error('nothing was leased')
  return lease
}
async function all(flowId: string, after: FramePlace = FRAMES_START, limit?: number): Promise<{ frames: FrameRow[]; gaps: number; ended: boolean }> {
  const found: FrameRow[] = []
  let gaps = 0
  for (let at = after; ;) {
    const page = await framesAfter(bed.deps.pool, { flowId, after: at, ...(limit ? { limit } : {}) })
    found.push(...page.frames)
    gaps += page.gap ? 1 : 0
    at = page.to
    if (!page.more) return { frames: found, gaps, ended: page.ended }
  }
}
const sequences = (frames: FrameRow[]): string[] => frames.map(f => `${f.attempt}.${f.sequence}`)
const attemptRow = async (flowId: string, index = 0) => (await bed.sql('SELECT first_frame, last_frame, frame_bytes::int FROM attempt WHERE flow_id = $1 AND index = $2', [flowId, index]))[0]
const stored = async (flowId: string) => (await bed.sql('SELECT count(*)::int AS n, min(sequence) AS first, max(sequence) AS last, sum(bytes)::int AS bytes FROM output_frame WHERE flow_id = $1', [flowId]))[0]

describe('appendFrames', () => {
  test('FF-70 frames are stored in their order and read again as they were', async () => {
    const lease = await working()
    const frames: GivenFrame[] = [
      { sequence: 1, kind: 'TEXT', payload: 'Once upon' }, { sequence: 2, kind: 'JSON', payload: { a: [1, null, 'ü'] } }, { sequence: 3, kind: 'LOG', payload: false },
    ]
    expect(await append(lease, frames)).toEqual({ flowId: lease.flowId, lastSequence: 3 })
    const { frames: read, ended } = await all(lease.flowId)
    expect(read).toMatchObject(frames)
    expect(ended).toBe(false)
    expect(await attemptRow(lease.flowId)).toEqual({ first_frame: 1, last_frame: 3, frame_bytes: 11 + 19 + 5 })
  })

  test('FF-77 a call that is repeated, in whole or in part, adds nothing twice', async () => {
    const lease = await working()
    await append(lease, lines(1, 3))
    expect(await append(lease, lines(1, 3))).toMatchObject({ lastSequence: 3 })
    expect(await append(lease, lines(2, 5))).toMatchObject({ lastSequence: 5 })
    expect(await append(lease, lines(1, 1))).toMatchObject({ lastSequence: 5 })
    expect(sequences((await all(lease.flowId)).frames)).toEqual(['0.1', '0.2', '0.3', '0.4', '0.5'])
  })

  test('a gap is refused and nothing of the call is stored', async () => {
    const lease = await working()
    await append(lease, lines(1, 2))
    expect(await append(lease, lines(4, 5))).toMatchObject({ code: 'INVALID_INPUT', path: ['frames', '0', 'sequence'] })
    expect(await append(lease, [...lines(3, 3), ...lines(5, 5)])).toMatchObject({ code: 'INVALID_INPUT', path: ['frames', '1', 'sequence'] })
    expect(await attemptRow(lease.flowId)).toMatchObject({ last_frame: 2 })
    expect(await append(lease, lines(3, 3))).toMatchObject({ lastSequence: 3 })
  })

  test('a frame above FRAME_MAX, more than 1,000 and none are refused', async () => {
    const lease = await working()
    expect(await append(lease, [{ sequence: 1, kind: 'TEXT', payload: 'x'.repeat(65_535) }])).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 65_536 })
    expect(await append(lease, [{ sequence: 1, kind: 'TEXT', payload: 'x'.repeat(65_534) }])).toMatchObject({ lastSequence: 1 })
    expect(await append(lease, lines(2, 1002))).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 1000 })
    expect(await append(lease, [])).toMatchObject({ code: 'INVALID_INPUT' })
    expect(await append(lease, [{ sequence: 2, kind: 'TEXT', payload: null }])).toMatchObject({ code: 'INVALID_INPUT', path: ['frames', '0', 'payload'] })
    expect(await append(lease, [{ sequence: 2, kind: 'TEXT', payload: 'a\0b' }])).toMatchObject({ code: 'INVALID_INPUT', path: ['frames', '0', 'payload'] })
  })

  test('INV-19 only under the current lease of its own principal, and not after the end', async () => {
    const lease = await working({ maxAttempts: 3 })
    const { workerActor: stranger } = await bedOfAnother()
    expect(await append(lease, lines(1, 1), stranger)).toMatchObject({ code: 'NOT_FOUND' })
    expect(await append({ ...lease, epoch: lease.epoch + 1 }, lines(1, 1))).toMatchObject({ code: 'STALE_LEASE' })
    expect(await append({ ...lease, flowId: 'flow_unknown' }, lines(1, 1))).toMatchObject({ code: 'NOT_FOUND' })
    await failFlows(bed.deps, { actor: bed.workerActor, items: [{ lease, error: { code: 'X', message: 'x', retryable: true } }] })
    expect(await append(lease, lines(1, 1))).toMatchObject({ code: 'STALE_LEASE' })
    await bed.sql('UPDATE flow SET not_before = NULL, order_at = queued_at WHERE id = $1', [lease.flowId])
    const [next] = await bed.work(1)
    expect(next).toMatchObject({ flowId: lease.flowId, attempt: 1 })
    expect(await append(lease, lines(1, 1))).toMatchObject({ code: 'STALE_LEASE' })
    await finishFlows(bed.deps, { actor: bed.workerActor, items: [{ lease: next!, result: 1 }] })
    expect(await append(next!, lines(1, 1))).toMatchObject({ code: 'FLOW_ALREADY_TERMINAL', flowId: lease.flowId })
    expect((await all(lease.flowId)).frames).toEqual([])
  })

  test('D-11 while it is being cancelled its worker may still say what it does', async () => {
    const lease = await working()
    await cancelFlows(bed.deps, { caller: bed.caller, items: [{ id: lease.flowId }] })
    expect(await append(lease, lines(1, 1))).toMatchObject({ lastSequence: 1 })
  })

  test('FF-71 while it is WAITING nothing is appended, and the same stream goes on when it was answered', async () => {
    const lease = await working()
    await append(lease, lines(1, 1))
    await bed.sql(`UPDATE flow SET status = 'WAITING', phase = NULL, wait_kind = 'INPUT', wait_mode = 'HELD', waiting_since = now() WHERE id = $1`, [lease.flowId])
    expect(await append(lease, lines(2, 2))).toMatchObject({ code: 'CONFLICT' })
    await bed.sql(`UPDATE flow SET status = 'RUNNING', phase = 'WORKING', wait_kind = NULL, wait_mode = NULL, waiting_since = NULL WHERE id = $1`, [lease.flowId])
    expect(await append(lease, lines(2, 2))).toMatchObject({ lastSequence: 2 })
  })

  test('INV-19 a frame and the end of its attempt race: it is stored before the end, or refused', async () => {
    for (let n = 0; n < 30; n++) {
      const lease = await working()
      const [appended] = await Promise.all([append(lease, lines(1, 5)), finishFlows(bed.deps, { actor: bed.workerActor, items: [{ lease, result: null }] })])
      const { frames, ended } = await all(lease.flowId)
      expect(ended).toBe(true)
      expect(frames).toHaveLength('lastSequence' in appended ? 5 : 0)
      if (!('lastSequence' in appended)) expect(appended).toMatchObject({ code: 'FLOW_ALREADY_TERMINAL' })
    }
  })

  test('a lease that became current while its append was looked at is written under', async () => {
    const lease = await working()
    await bed.sql(`UPDATE flow SET status = 'WAITING', phase = NULL, wait_kind = 'INPUT', wait_mode = 'HELD', waiting_since = now() WHERE id = $1`, [lease.flowId])
    const [appended] = await transact(bed.deps.pool, async tx => {
      await lockFlows(tx, [lease.flowId])
      const asked = append(lease, lines(1, 1))
      while ((await bed.sql(`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)).length === 0);
      await tx.rows('answered', `UPDATE flow SET status = 'RUNNING', phase = 'WORKING', wait_kind = NULL, wait_mode = NULL, waiting_since = NULL WHERE id = $1`, [lease.flowId])
      return [asked]
    }).then(async asked => Promise.all(asked))
    expect(appended).toMatchObject({ lastSequence: 1 })
  })

  test('FF-77 appends of one lease that overlap are serial', async () => {
    const lease = await working()
    const answers = await Promise.all(Array.from({ length: 8 }, () => append(lease, lines(1, 50))))
    expect(answers).toEqual(answers.map(() => ({ flowId: lease.flowId, lastSequence: 50 })))
    expect((await all(lease.flowId)).frames).toHaveLength(50)
  })
})

const bedOfAnother = async (): Promise<Pick<Bed, 'workerActor'>> => {
  await using other = await testbed({ url: bed.url })
  return other
}

describe('what is kept', () => {
  test('FRAMES_KEPT of an attempt: the oldest go, the row of the attempt says so, and a reader behind them is told', async () => {
    const lease = await working()
    await append(lease, lines(1, 60))
    await append(lease, lines(61, 110))
    expect(await stored(lease.flowId)).toMatchObject({ n: 110 })
    await append(lease, lines(111, 120))
    expect(await stored(lease.flowId)).toMatchObject({ n: 100, first: 21, last: 120 })
    expect(await attemptRow(lease.flowId)).toEqual({ first_frame: 21, last_frame: 120, frame_bytes: (await stored(lease.flowId))?.['bytes'] })
    expect(await all(lease.flowId)).toMatchObject({ gaps: 1 })
    expect(await all(lease.flowId, { attempt: 0, sequence: 19 })).toMatchObject({ gaps: 1 })
    expect(await all(lease.flowId, { attempt: 0, sequence: 20 })).toMatchObject({ gaps: 0 })
    expect(sequences((await all(lease.flowId, { attempt: 0, sequence: 118 })).frames)).toEqual(['0.119', '0.120'])
  })

  test('FRAME_BYTES_KEPT of an attempt: the same by size, and the last one stays however large it is', async () => {
    const lease = await working()
    const large = (n: number): Json => `${n}`.padEnd(30_000 - 2)
    for (let n = 1; n <= 8; n++) await append(lease, lines(n, n, large))
    expect(await attemptRow(lease.flowId)).toEqual({ first_frame: 6, last_frame: 8, frame_bytes: 90_000 })
    expect(await stored(lease.flowId)).toEqual({ n: 3, first: 6, last: 8, bytes: 90_000 })
  })

  test('each attempt has its own, and a reader gets them one attempt after the other', async () => {
    const lease = await working({ onLeaseLost: 'RETRY' })
    await append(lease, lines(1, 3))
    await returnFlows(bed.deps, { actor: bed.workerActor, items: [{ lease }] })
    const [second] = await bed.work(1)
    await append(second!, lines(1, 130))
    const { frames, gaps, ended } = await all(lease.flowId, FRAMES_START, 50)
    expect(sequences(frames)).toEqual(['0.1', '0.2', '0.3', ...lines(31, 130).map(f => `1.${f.sequence}`)])
    expect([gaps, ended]).toEqual([1, false])
    expect(sequences((await framesBefore(bed.deps.pool, { flowId: lease.flowId, before: null, limit: 2 })).frames)).toEqual(['1.129', '1.130'])
    expect(sequences((await framesBefore(bed.deps.pool, { flowId: lease.flowId, before: { attempt: 1, sequence: 32 }, limit: 3 })).frames)).toEqual(['0.2', '0.3', '1.31'])
  })

  test('a page of large frames ends before it is too much', async () => {
    await using wide = await testbed()
    await wide.create(1)
    const [lease] = await wide.work(1)
    for (let n = 1; n <= 40; n += 10) await appendFrames(wide.deps, { actor: wide.workerActor, lease: lease!, frames: lines(n, n + 9, () => 'x'.repeat(60_000)) })
    const page = await framesAfter(wide.deps.pool, { flowId: lease!.flowId, after: FRAMES_START })
    expect(page).toMatchObject({ more: true, gap: false })
    expect(page.frames).toHaveLength(18)
    const back = await framesBefore(wide.deps.pool, { flowId: lease!.flowId, before: null, limit: 30 })
    expect([back.more, back.frames.map(frame => frame.sequence)]).toEqual([true, Array.from({ length: 18 }, (_, at) => 23 + at)])
    const rest = await framesBefore(wide.deps.pool, { flowId: lease!.flowId, before: { attempt: 0, sequence: 5 }, limit: 30 })
    expect([rest.more, rest.frames.map(frame => frame.sequence)]).toEqual([false, [1, 2, 3, 4]])
  })

  test('D-21 frames go FRAME_RETENTION_DAYS after the end of their flow, its attempts say so, and the flow stays', async () => {
    const leases = [await working(), await working(), await working()]
    for (const lease of leases) await append(lease, lines(1, 5))
    const [old, fresh, runs] = leases
    await finishFlows(bed.deps, { actor: bed.workerActor, items: [old!, fresh!].map(lease => ({ lease, result: 1 })) })
    await bed.sql(`UPDATE output_frame SET at = at - interval '8 days' WHERE flow_id = ANY($1)`, [[old!.flowId, runs!.flowId]])
    await bed.sql(`UPDATE flow SET finished_at = finished_at - interval '8 days', created_at = created_at - interval '8 days', started_at = started_at - interval '8 days' WHERE id = $1`, [old!.flowId])
    expect(await sweepRetention(bed.deps)).toMatchObject({ frames: 5, purged: 0 })
    expect(await attemptRow(old!.flowId)).toEqual({ first_frame: 6, last_frame: 5, frame_bytes: 0 })
    expect(await all(old!.flowId)).toEqual({ frames: [], gaps: 1, ended: true })
    expect(await all(old!.flowId, { attempt: 0, sequence: 5 })).toEqual({ frames: [], gaps: 0, ended: true })
    for (const kept of [fresh!, runs!]) expect((await all(kept.flowId)).frames).toHaveLength(5)
  })

  test('D-48 what is purged takes its frames along', async () => {
    const lease = await working()
    await append(lease, lines(1, 5))
    await finishFlows(bed.deps, { actor: bed.workerActor, items: [{ lease, result: 1 }] })
    await bed.sql(`UPDATE flow SET deleted_at = now() - interval '2 hours' WHERE id = $1`, [lease.flowId])
    expect(await all(lease.flowId)).toMatchObject({ frames: [], ended: true })
    expect(await sweepRetention(bed.deps)).toMatchObject({ purged: 1 })
    expect(await stored(lease.flowId)).toMatchObject({ n: 0 })
  })
})
