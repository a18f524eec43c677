import { expect, test, type Page } from '@playwright/test'
import { startWorld, type World } from '@sluice/testkit/world'
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expectAccessible, isSameLoad, markLoad, signIn, takePictures } from './pages.ts'

/** The SDK's own example, as whoever writes a worker starts it: kind example.words, 10 ms a paragraph, four flows at once. */
const EXAMPLE = fileURLToPath(new URL('../../packages/worker/examples/worker.ts', import.meta.url))
const LONG_TEXT = Array.from({ length: 12_000 }, () => 'word').join('\n\n')
const WORDS = { kind: 'example.words', title: 'Count the words of the minutes', input: { text: LONG_TEXT } }

/** A worker that dies is soon known to be gone. */
const SHORT_LEASES = { LEASE_TTL: '3s', HEARTBEAT: '1s', SWEEP_LEASES: '200ms' }

const laneRow = (page: Page, lane: string) =>
  page.getByRole('table', { name: 'Lanes' }).getByRole('row').filter({ has: page.getByRole('button', { name: `Details of lane ${lane}`, exact: true }) })
const workerRow = (page: Page, table: string, name: string) =>
  page.getByRole('table', { name: table }).getByRole('row').filter({ has: page.getByRole('button', { name: `Details of worker ${name}`, exact: true }) })
const goTo = (page: Page, name: string) => page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click()

test.describe('lanes and workers', () => {
  let world: World
  let child: ChildProcess | undefined

  test.beforeAll(async () => { world = await startWorld({ env: SHORT_LEASES }) })
  test.afterAll(async () => {
    child?.kill('SIGKILL')
    await world[Symbol.asyncDispose]()
  })

  test('a missing worker is said, one that comes is seen, and so is its death; a lane is paused and the cap lowered from the page', async ({ page }) => {
    await signIn(page, world)
    await markLoad(page)
    await world.admin.createFlows([WORDS, ...Array.from({ length: 3 }, (_, index) => ({ kind: 'sample.fetch', title: `Paced ${index + 1}`, input: { seconds: 300 } }))])
    const { token } = await world.actor('WORKER', 'example')

    await test.step('a kind without a worker is named first', () => seesMissing(page))
    child = spawn(process.execPath, ['--import', 'tsx', EXAMPLE], { env: { PATH: process.env['PATH'], SLUICE_URL: world.url, SLUICE_TOKEN: token }, stdio: 'ignore' })
    await test.step('a worker that starts is seen, with what it holds', () => seesWorker(page))
    child.kill('SIGKILL')
    await test.step('one that dies leaves the live ones', () => seesDeath(page))

    await test.step('a new lane is paused, and its flows say so', () => pauseLane(page, world))
    await test.step('a lower cap is seen as such', () => lowerCap(page))
    expect(await isSameLoad(page)).toBe(true)
  })
})

async function seesMissing(page: Page): Promise<void> {
  await goTo(page, 'Workers')
  await expect(page.getByRole('region', { name: 'What needs you' })).toContainText('1 queued of kind example.words in lane default, and no live worker handles it there.')
  await expect(workerRow(page, 'Live workers', 'runner')).toContainText('3 of 8')
  await takePictures(page, 'workers-missing')
}

async function seesWorker(page: Page): Promise<void> {
  await expect(workerRow(page, 'Live workers', 'example')).toContainText('1 of 4')
  await expect(page.getByRole('region', { name: 'What needs you' })).toBeEmpty()
  await page.getByRole('button', { name: 'Details of worker example', exact: true }).click()
  await expect(page).toHaveURL(/\/workers\?worker=wrk_/)
  await expect(page.getByRole('table', { name: 'Holds 1 flow' }).getByRole('link', { name: WORDS.title })).toBeVisible()
  await takePictures(page, 'workers-busy')
  await expectAccessible(page)
}

async function seesDeath(page: Page): Promise<void> {
  await expect(workerRow(page, 'Live workers', 'example')).toHaveCount(0)
  await page.getByRole('button', { name: '1 gone in the last ten minutes' }).click()
  await expect(workerRow(page, 'Workers that leave or are gone', 'example')).toContainText('Gone')
}

async function pauseLane(page: Page, world: World): Promise<void> {
  await goTo(page, 'Lanes')
  await page.getByRole('button', { name: 'New lane' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('nightly')
  await page.getByRole('dialog').getByLabel('At most at once').fill('2')
  await page.getByRole('dialog').getByRole('button', { name: 'Make it' }).click()
  await expect(laneRow(page, 'nightly')).toContainText('0 of 2')
  await page.getByRole('button', { name: 'Actions on lane nightly' }).click()
  await page.getByRole('menuitem', { name: 'Pause' }).click()
  await page.getByRole('dialog').getByLabel('Reason').fill('Disk is nearly full')
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
  await expect(laneRow(page, 'nightly')).toContainText('Disk is nearly full, admin')

  await world.admin.createFlows([{ kind: 'sample.fetch', title: 'Nightly compaction', lane: 'nightly' }])
  await laneRow(page, 'nightly').getByRole('link', { name: '1 queued in lane nightly: show the queue' }).click()
  const queued = page.getByRole('table', { name: 'Queued flows in promotion order' }).getByRole('row').filter({ hasText: 'Nightly compaction' })
  await expect(queued.getByText('Lane paused').filter({ visible: true })).toBeVisible()
}

async function lowerCap(page: Page): Promise<void> {
  await goTo(page, 'Lanes')
  await page.getByRole('region', { name: 'All lanes' }).getByRole('button', { name: 'Change the cap' }).click()
  await page.getByRole('dialog').getByLabel('At most').fill('2')
  await page.getByRole('dialog').getByRole('button', { name: 'Change', exact: true }).click()
  await expect(page.getByRole('region', { name: 'All lanes' })).toContainText('3 of 2')
  await expect(page.getByRole('region', { name: 'All lanes' })).toContainText('at most 2 at once (set by admin')
  await takePictures(page, 'lanes-over-cap')
  await expectAccessible(page)
}
