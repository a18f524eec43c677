import { expect, test } from '@playwright/test'
import { startWorld, type World } from '@sluice/testkit/world'
import { createWorker, fail, type Worker } from '@sluice/worker'
import { expectAccessible, signIn, takePictures } from './pages.ts'

const LONG = 'Reindex the whole archive of letters, minutes and drawings, including what was scanned sideways in the year of the flood, and write a summary nobody will read'

test.describe('a bad day', () => {
  let world: World
  let worker: Worker

  test.beforeAll(async () => {
    world = await startWorld({ env: { MAX_CONCURRENT_FLOWS: '2' } })
    const actor = await world.actor('WORKER', 'tired-worker')
    worker = createWorker({
      name: 'tired-worker', url: world.url, token: actor.token, capacity: 20, graceMs: 0,
      kinds: {
        'report.render': { handler: () => fail({ code: 'PRINTER_ON_FIRE', message: 'The printer is on fire again. Put it out, then retry.', retryable: false, detail: { printer: 'P-7', smoke: true } }) },
        'archive.index': { handler: ({ signal, progress }) => { progress(37, 'volume 12 of 31'); return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))) } },
      },
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    })
    await worker.start()
    await seed(world)
  })

  test.afterAll(async () => {
    await worker.stop()
    await world[Symbol.asyncDispose]()
  })

  test('failures, holds, paused lanes and missing workers are shown for what they are', async ({ page }) => {
    await signIn(page, world)
    const ended = page.getByRole('table', { name: 'Flows that ended last' })
    await expect(ended.getByText('Failed').first()).toBeVisible()
    const queued = page.getByRole('table', { name: 'Queued flows in promotion order' })
    for (const word of ['No worker', 'Lane paused', 'Held', 'Delayed']) await expect(queued.getByText(word, { exact: true }).filter({ visible: true }).first()).toBeVisible()
    await expect(page.getByRole('list', { name: 'Slots' }).getByText(/over the cap/i).first()).toBeVisible()
    await takePictures(page, 'queue-bad-day')
    await expectAccessible(page)

    await ended.getByRole('link', { name: 'Monthly report 1' }).click()
    await expect(page.getByRole('main').getByText('PRINTER_ON_FIRE').first()).toBeVisible()
    await takePictures(page, 'flow-failed')
    await expectAccessible(page)
    await page.getByRole('tab', { name: 'Events' }).click()
    await expect(page.getByText('flow.failed').first()).toBeVisible()
    await takePictures(page, 'flow-events')
    await expectAccessible(page)
  })
})

/** Failures, three of two slots held, a paused lane, a hold, a delay, and a kind that nobody handles. */
async function seed({ admin }: World): Promise<void> {
  await admin.createFlows(Array.from({ length: 6 }, (_, index) => ({ kind: 'report.render', title: `Monthly report ${index + 1}` })))
  await expect.poll(async () => countOf(admin, 'FAILED')).toBe(6)
  const running = await admin.createFlows([{ kind: 'archive.index', title: LONG }, { kind: 'archive.index', title: 'Index the maps' }, { kind: 'archive.index', title: 'Index the letters' }])
  await admin.ask('mutation ($input: PromoteNowInput!) { promoteNow(input: $input) { __typename } }', { input: { id: running[2], force: true, reason: 'The court asked for it', waitMs: 5000 } })
  await admin.ask('mutation ($input: UpsertLaneInput!) { upsertLane(input: $input) { __typename } }', { input: { name: 'nightly', maxActive: 1 } })
  await admin.ask('mutation ($input: LaneInput!) { pauseLane(input: $input) { __typename } }', { input: { name: 'nightly', reason: 'Disk is nearly full' } })
  await admin.createFlows([{ kind: 'archive.index', title: 'Nightly compaction', lane: 'nightly' }, { kind: 'video.transcode', title: 'Transcode the assembly of shareholders' }])
  const [held] = await admin.createFlows([{ kind: 'archive.index', title: 'Index the confidential cabinet' }])
  await admin.ask('mutation ($input: FlowReasonInput!) { holdFlow(input: $input) { __typename } }', { input: { id: held, reason: 'Legal has to look first' } })
  await admin.ask('mutation ($input: CreateFlowInput!) { createFlow(input: $input) { __typename } }', { input: { kind: 'archive.index', title: 'Index after the holidays', notBefore: new Date(Date.now() + 86_400_000).toISOString() } })
  await admin.createFlows(Array.from({ length: 12 }, (_, index) => ({ kind: 'archive.index', title: `Index shelf ${index + 1}`, priority: index % 3 })))
}

async function countOf(admin: World['admin'], status: string): Promise<number> {
  const { flowCounts } = await admin.ask<{ flowCounts: { byStatus: { status: string; count: number }[] } }>('{ flowCounts { byStatus { status count } } }')
  return flowCounts.byStatus.find(one => one.status === status)?.count ?? 0
}
