import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFlows, dataOf, testServer, testWorker, type Principal, type TestServer } from './server.ts'

let server: TestServer
beforeAll(async () => { server = await testServer() })
afterAll(() => server.close())

const RUN = `UPDATE flow SET status = 'RUNNING', phase = 'WORKING', queue_class = NULL, slot_held = true, started_at = clock_timestamp() WHERE id = ANY($1)`
const HOLDERS = 'query ($id: ID!) { flow(id: $id) { queue { reason holders(first: 50) { id } } } }'
const holdersOf = async (who: Principal, id: string): Promise<string[]> => {
  const { flow } = await dataOf(who.ask<{ flow: { queue: { holders: { id: string }[] } } }>(HOLDERS, { id }))
  return flow.queue.holders.map((holder) => holder.id)
}
const works = (count: number): Record<string, unknown>[] => Array.from({ length: count }, () => ({ kind: 'work' }))

test('INV-38 holders(first: 50) names fifty, and to a submitter their own behind those of others', async () => {
  await testWorker(server)
  const [operator, submitter] = [await server.principal('OPERATOR'), await server.principal('SUBMITTER')]
  const foreign = await createFlows(operator, works(12))
  const [running = '', waiting = ''] = await createFlows(submitter, works(2))
  await server.sql(RUN, [[...foreign, running]])
  await server.sql(`UPDATE quota SET max_active = 13 WHERE scope = 'GLOBAL'`)
  expect((await holdersOf(operator, waiting)).toSorted()).toEqual([...foreign, running].toSorted())
  expect(await holdersOf(submitter, waiting)).toEqual([running])
})
