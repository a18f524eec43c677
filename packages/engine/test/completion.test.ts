import { expect, test } from 'vitest'
import { finishFlows } from '../src/index.ts'
import { testbed } from './testbed.ts'

test('F-10 a flow that finishes with a text has the artifact completion, committed with its end; another result makes none', async () => {
  await using b = await testbed()
  await b.create(3)
  const leases = await b.work(3)
  const results = ['the answer', '', { pages: 12 }]
  await finishFlows(b.deps, { actor: b.workerActor, items: leases.map((lease, n) => ({ lease, result: results[n]! })) })
  const artifacts = await b.sql(`SELECT a.flow_id, a.name, a.size::int AS size, a.media_type FROM artifact a ORDER BY a.size DESC`)
  expect(artifacts).toEqual([
    { flow_id: leases[0]!.flowId, name: 'completion', size: 10, media_type: 'text/plain; charset=utf-8' },
    { flow_id: leases[1]!.flowId, name: 'completion', size: 0, media_type: 'text/plain; charset=utf-8' },
  ])
  expect(await b.sql(`SELECT convert_from(bytes, 'UTF8') AS text FROM artifact_chunk`)).toEqual([{ text: 'the answer' }])
})

test('INV-20 a finish that is repeated makes no second one, and one that is refused makes none', async () => {
  await using b = await testbed()
  await b.create(1)
  const [lease] = await b.work(1)
  const finish = (epoch: number) => finishFlows(b.deps, { actor: b.workerActor, items: [{ lease: { ...lease!, epoch }, result: 'text' }] })
  expect(await finish(lease!.epoch + 1)).toMatchObject([{ code: 'STALE_LEASE' }])
  expect(await b.sql('SELECT 1 FROM artifact')).toEqual([])
  await finish(lease!.epoch)
  await finish(lease!.epoch)
  expect(await b.sql('SELECT 1 FROM artifact')).toHaveLength(1)
})
