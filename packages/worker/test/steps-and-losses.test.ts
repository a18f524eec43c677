import { expect, test } from 'vitest'
import { defineKind } from '../src/index.ts'
import { started } from './start.ts'

const SQUARES = Array.from({ length: 10 }, (_, i) => (i + 1) ** 2)
const never = () => new Promise<never>(() => {})

/** Ten steps, and a handler that goes no further at one place per attempt, as one does whose process was killed there. */
const tenSteps = (stopsAt: readonly string[]) => {
  const runs: number[] = []
  const stopped: string[] = []
  const kind = defineKind({
    handler: async ({ step }) => {
      const lost = stopsAt[stopped.length]
      const stop = async (place: string) => {
        if (place !== lost) return
        stopped.push(place)
        await never()
      }
      const results: number[] = []
      for (let n = 1; n <= 10; n++) {
        results.push(await step(`step ${n}`, async () => {
          runs.push(n)
          await stop(`within ${n}`)
          return n * n
        }))
        await stop(`after ${n}`)
      }
      return results
    },
  })
  return { kind, runs, stopped }
}

test('INV-45 a worker lost at every boundary of ten steps: each step whose result was acknowledged runs once', async () => {
  const { kind, runs, stopped } = tenSteps(SQUARES.map((_, i) => `after ${i + 1}`))
  const { fake } = await started({ ten: kind }, { capacity: 20 })
  const id = fake.enqueue('ten')
  for (let n = 1; n <= 10; n++) {
    await fake.until(() => stopped.length === n)
    fake.loseWorker(id)
  }
  await fake.until(() => fake.flow(id).status === 'FINISHED')
  expect([fake.flow(id).result, runs]).toEqual([SQUARES, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]])
})

test('the step in which its worker is lost runs again, and none before it does', async () => {
  const { kind, runs, stopped } = tenSteps(['within 1', 'within 6', 'within 10'])
  const { fake } = await started({ ten: kind }, { capacity: 20 })
  const id = fake.enqueue('ten')
  for (let n = 1; n <= 3; n++) {
    await fake.until(() => stopped.length === n)
    fake.loseWorker(id)
  }
  await fake.until(() => fake.flow(id).status === 'FINISHED')
  expect([fake.flow(id).result, runs]).toEqual([SQUARES, [1, 1, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10, 10]])
})
