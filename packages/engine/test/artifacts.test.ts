import { createHash, randomBytes } from 'node:crypto'
import { named, transact } from '@sluice/db'
import type { LeaseRef } from '@sluice/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ArtifactGone, artifactBytes, artifactOf, artifactsOfFlows, failFlows, finishFlows, putArtifact, storeCompletion } from '../src/index.ts'
import type { ArtifactRow, PutArtifact } from '../src/index.ts'
import { sweepRetention } from '../src/services/sweep-retention.ts'
import { testbed } from './testbed.ts'
import type { Bed } from './testbed.ts'

let bed: Bed
beforeAll(async () => { bed = await testbed() })
afterAll(() => bed[Symbol.asyncDispose]())

const MIB = 1024 * 1024
const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
async function working(o: Parameters<Bed['create']>[1] = {}): Promise<LeaseRef> {
  await bed.create(1, o)
  const [lease] = await bed.work(1)
  if (!lease) throw new Error('nothing was leased')
  return lease
}
/** In parts that do not fall on chunks. */
async function* inParts(bytes: Buffer, size = 65_537): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const put = (lease: LeaseRef, bytes: Buffer, o: Partial<PutArtifact> = {}) =>
  putArtifact(bed.deps, { actor: bed.workerActor, lease, name: 'report.md', mediaType: 'text/markdown', digest: digestOf(bytes), ttlMs: null, ...o }, inParts(bytes))
async function bytesOf(artifact: ArtifactRow, from = 0, to = artifact.size): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of artifactBytes(bed.deps.pool, { artifact, from, to })) parts.push(part)
  return Buffer.concat(parts)
}
const of = async (flowId: string, name = 'report.md'): Promise<ArtifactRow> => {
  const found = await artifactOf(bed.deps.pool, { flowId, name })
  if (!found) throw new Error(`no ${name}`)
  return found
}
const chunks = async (): Promise<number> => Number((await bed.sql('SELECT count(*)::int AS n FROM artifact_chunk'))[0]?.['n'])
const tryAgain = async (lease: LeaseRef): Promise<LeaseRef> => {
  await failFlows(bed.deps, { actor: bed.workerActor, items: [{ lease, error: { code: 'X', message: 'x', retryable: true } }] })
  await bed.sql('UPDATE flow SET not_before = NULL, order_at = queued_at WHERE id = $1', [lease.flowId])
  const [next] = await bed.work(1)
  return next!
}

describe('putArtifact', () => {
  test('bytes come back as they were, from any place to any other, in chunks of 1 MiB', async () => {
    const lease = await working()
    const bytes = randomBytes(2 * MIB + 12_345)
    expect(await put(lease, bytes)).toMatchObject({ created: true, artifact: { name: 'report.md', size: bytes.length, digest: digestOf(bytes), attempt: 0, mediaType: 'text/markdown', expiresAt: null } })
    const artifact = await of(lease.flowId)
    expect((await bytesOf(artifact)).equals(bytes)).toBe(true)
    expect((await bed.events(lease.flowId)).at(-1)).toMatchObject({
      type: 'flow.artifact', sequence: 4, status: 'RUNNING', actor: bed.workerId,
      payload: { artifact: artifact.id, name: 'report.md', mediaType: 'text/markdown', size: bytes.length, digest: digestOf(bytes), attempt: 0 },
    })
    for (const [from, to] of [[0, 1], [MIB - 1, MIB + 1], [300_000, 2 * MIB + 5], [bytes.length - 1, bytes.length], [5, 5]] as const) {
      expect((await bytesOf(artifact, from, to)).equals(bytes.subarray(from, to)), `${from} to ${to}`).toBe(true)
    }
    expect(await bed.sql('SELECT n, octet_length(bytes) AS bytes FROM artifact_chunk WHERE artifact_id = $1 ORDER BY n', [artifact.id])).toEqual([{ n: 0, bytes: MIB }, { n: 1, bytes: MIB }, { n: 2, bytes: 12_345 }])
  })

  test('an empty one and one of exactly a chunk are artifacts as well', async () => {
    const lease = await working()
    for (const bytes of [Buffer.alloc(0), randomBytes(MIB)]) {
      const name = `of-${bytes.length}`
      expect(await put(lease, bytes, { name })).toMatchObject({ created: true })
      expect((await bytesOf(await of(lease.flowId, name))).equals(bytes)).toBe(true)
    }
  })

  test('the same name and digest again changes nothing; another digest of the same attempt is a conflict; neither reads on', async () => {
    const lease = await working()
    await put(lease, Buffer.from('one'))
    const before = await of(lease.flowId)
    const unread = { [Symbol.asyncIterator]: () => { throw new Error('it was read') } }
    const cmd = { actor: bed.workerActor, lease, name: 'report.md', mediaType: 'text/plain', ttlMs: null }
    expect(await putArtifact(bed.deps, { ...cmd, digest: digestOf(Buffer.from('one')) }, unread)).toEqual({ created: false, artifact: before })
    expect(await putArtifact(bed.deps, { ...cmd, digest: digestOf(Buffer.from('two')) }, unread)).toMatchObject({ code: 'CONFLICT' })
    expect(await of(lease.flowId)).toEqual(before)
    expect((await bed.events(lease.flowId)).filter(e => e.type === 'flow.artifact')).toHaveLength(1)
  })

  test('a later attempt replaces what an earlier one left, and its bytes go', async () => {
    const lease = await working({ maxAttempts: 2 })
    await put(lease, Buffer.from('first try'))
    const before = await of(lease.flowId)
    const next = await tryAgain(lease)
    expect(await put(lease, Buffer.from('late'))).toMatchObject({ code: 'STALE_LEASE' })
    expect(await put(next, Buffer.from('second try'), { mediaType: 'text/plain' })).toMatchObject({ created: true, artifact: { attempt: 1, mediaType: 'text/plain' } })
    expect((await bytesOf(await of(lease.flowId))).toString()).toBe('second try')
    await expect(bytesOf(before)).rejects.toThrow(ArtifactGone)
    expect(await bed.sql('SELECT 1 FROM artifact_chunk WHERE artifact_id = $1', [before.id])).toEqual([])
  })

  test('bytes of another digest are refused and nothing is left of them', async () => {
    const lease = await working()
    const before = await chunks()
    expect(await put(lease, randomBytes(MIB + 1), { digest: digestOf(Buffer.from('other')) })).toMatchObject({ code: 'INVALID_INPUT', path: ['content-digest'] })
    expect(await artifactOf(bed.deps.pool, { flowId: lease.flowId, name: 'report.md' })).toBeUndefined()
    expect(await chunks()).toBe(before)
  })

  test('INV-19 only under the current lease of its own principal, which is looked at again at the end', async () => {
    const lease = await working()
    const bytes = Buffer.from('x')
    expect(await put({ ...lease, epoch: 7 }, bytes)).toMatchObject({ code: 'STALE_LEASE' })
    expect(await put(lease, bytes, { actor: bed.owner })).toMatchObject({ code: 'NOT_FOUND' })
    const before = await chunks()
    async function* untilItEnds(): AsyncGenerator<Buffer> {
      yield bytes
      await finishFlows(bed.deps, { actor: bed.workerActor, items: [{ lease, result: 1 }] })
    }
    expect(await putArtifact(bed.deps, { actor: bed.workerActor, lease, name: 'late', mediaType: 'a/b', digest: digestOf(bytes), ttlMs: null }, untilItEnds())).toMatchObject({ code: 'FLOW_ALREADY_TERMINAL' })
    expect(await artifactsOfFlows(named(bed.deps.pool), [lease.flowId])).toEqual([])
    expect(await chunks()).toBe(before)
  })

  test('two at once under one name: one is it, the other is the same or a conflict', async () => {
    const lease = await working()
    const bytes = randomBytes(MIB)
    const same = await Promise.all([put(lease, bytes), put(lease, bytes), put(lease, bytes)])
    expect(same.map(one => 'created' in one && one.created).toSorted()).toEqual([false, false, true])
    const differing = await Promise.all([1, 2, 3].map(n => put(lease, Buffer.from(`${n}`), { name: 'other' })))
    expect(differing.map(one => ('created' in one ? 'created' : one.code)).toSorted()).toEqual(['CONFLICT', 'CONFLICT', 'created'])
    const ids = (await artifactsOfFlows(named(bed.deps.pool), [lease.flowId])).map(a => a.id)
    expect(await bed.sql('SELECT 1 FROM artifact_chunk WHERE artifact_id > $1 AND artifact_id <> ALL($2::text[])', [ids.toSorted()[0], ids])).toEqual([])
  })

  test('names, media types, times and completion are refused before anything is read', async () => {
    const lease = await working()
    for (const name of ['', '.', '..', '.hidden', 'a/b', 'a b', 'ü']) expect(await put(lease, Buffer.from('x'), { name }), name).toMatchObject({ code: 'INVALID_INPUT', path: ['name'] })
    expect(await put(lease, Buffer.from('x'), { name: 'x'.repeat(129) })).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 128 })
    expect(await put(lease, Buffer.from('x'), { name: 'completion' })).toMatchObject({ code: 'INVALID_INPUT', path: ['name'] })
    for (const mediaType of ['', 'text', 'text/plain\r\nx: y', 'text/plain; x']) expect(await put(lease, Buffer.from('x'), { mediaType }), mediaType).toMatchObject({ path: ['content-type'] })
    expect(await put(lease, Buffer.from('x'), { ttlMs: 0 })).toMatchObject({ path: ['ttl'] })
  })
})

describe('what becomes of artifacts', () => {
  test('F-10 completion is made of a final text, of several flows by one statement, and once', async () => {
    const leases = [await working(), await working(), await working(), await working()]
    const [text, data, none, large] = leases.map(l => l.flowId)
    const long = 'ü'.repeat(MIB)
    const flows = [{ id: text!, attempt: 0, result: 'the answer' }, { id: data!, attempt: 0, result: { a: 1 } }, { id: none!, attempt: 0, result: null }, { id: large!, attempt: 0, result: long }]
    for (let n = 0; n < 2; n++) await transact(bed.deps.pool, tx => storeCompletion(tx, flows))
    const made = await artifactsOfFlows(named(bed.deps.pool), [text!, data!, none!, large!])
    expect(made.map(a => [a.flowId, a.name, a.mediaType])).toEqual([text!, large!].map(id => [id, 'completion', 'text/plain; charset=utf-8']))
    expect((await bytesOf(await of(text!, 'completion'))).toString()).toBe('the answer')
    expect((await bytesOf(await of(large!, 'completion'))).toString()).toBe(long)
    expect((await of(text!, 'completion')).digest).toBe(digestOf(Buffer.from('the answer')))
    await transact(bed.deps.pool, tx => storeCompletion(tx, [{ id: none!, attempt: 0, result: '' }]))
    expect(await of(none!, 'completion')).toMatchObject({ size: 0 })
  })

  test('F-13 one with a time is gone when it is over, and may come again; the sweep takes it and its bytes', async () => {
    const lease = await working()
    await put(lease, Buffer.from('short lived'), { ttlMs: 3_600_000 })
    const artifact = await of(lease.flowId)
    expect(artifact.expiresAt!.getTime() - artifact.createdAt.getTime()).toBe(3_600_000)
    await bed.sql(`UPDATE artifact SET expires_at = now() - interval '1 s' WHERE id = $1`, [artifact.id])
    expect(await artifactOf(bed.deps.pool, { flowId: lease.flowId, name: 'report.md' })).toBeUndefined()
    expect(await artifactsOfFlows(named(bed.deps.pool), [lease.flowId])).toEqual([])
    expect(await put(lease, Buffer.from('another'))).toMatchObject({ created: true })
    await bed.sql(`UPDATE artifact SET expires_at = now() - interval '1 s' WHERE flow_id = $1`, [lease.flowId])
    await bed.sql(`UPDATE artifact_chunk SET written_at = now() - interval '2 hours'`)
    expect(await sweepRetention(bed.deps)).toMatchObject({ artifacts: 1 })
    expect(await bed.sql('SELECT 1 FROM artifact WHERE flow_id = $1', [lease.flowId])).toEqual([])
    expect(await bed.sql('SELECT 1 FROM artifact_chunk c WHERE NOT EXISTS (SELECT 1 FROM artifact a WHERE a.id = c.artifact_id)')).toEqual([])
  })

  test('an upload that was broken off goes an hour after its last bytes, one that goes on stays', async () => {
    const orphan = (id: string, n: number, ago: string): Promise<unknown> => bed.sql(`INSERT INTO artifact_chunk VALUES ($1, $2, 'x', now() - $3::interval)`, [id, n, ago])
    await orphan('art_broken', 0, '3 hours')
    await orphan('art_broken', 1, '2 hours')
    await orphan('art_goes_on', 0, '2 hours')
    await orphan('art_goes_on', 1, '1 minute')
    await sweepRetention(bed.deps)
    expect(await bed.sql(`SELECT artifact_id, n FROM artifact_chunk WHERE artifact_id IN ('art_broken', 'art_goes_on') ORDER BY 1, 2`)).toEqual([{ artifact_id: 'art_goes_on', n: 0 }, { artifact_id: 'art_goes_on', n: 1 }])
  })

  test('D-48 what is purged takes its artifacts and their bytes along', async () => {
    const lease = await working()
    await put(lease, randomBytes(3 * MIB))
    const { id } = await of(lease.flowId)
    await finishFlows(bed.deps, { actor: bed.workerActor, items: [{ lease, result: 1 }] })
    await bed.sql(`UPDATE flow SET deleted_at = now() - interval '2 hours' WHERE id = $1`, [lease.flowId])
    await bed.sql(`UPDATE artifact_chunk SET written_at = now() - interval '2 hours' WHERE artifact_id = $1`, [id])
    expect(await sweepRetention(bed.deps)).toMatchObject({ purged: 1 })
    expect(await bed.sql('SELECT 1 FROM artifact WHERE id = $1 UNION ALL SELECT 1 FROM artifact_chunk WHERE artifact_id = $1', [id])).toEqual([])
  })
})
