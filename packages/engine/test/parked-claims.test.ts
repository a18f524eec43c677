import { expect, test } from 'vitest'
import { testbed } from './testbed.ts'

test('INV-12 a claim parked under a registration that is over is answered at the next pass, so that the new one can ask', async () => {
  await using b = await testbed()
  const old = await b.register({ instanceId: 'host-1' })
  const parked = b.claim(1, { workerId: old, waitMs: 30_000 })
  await expect.poll(() => b.deps.promoter.asking).toBe(1)
  const fresh = await b.register({ instanceId: 'host-1' })
  const [id = ''] = await b.create(1)
  expect(await parked).toEqual([])
  expect(await b.claim(1, { workerId: fresh, waitMs: 1_000 })).toMatchObject([{ flowId: id }])
})
