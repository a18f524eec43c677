import { expect, test, type Page } from '@playwright/test'
import { startWorld, type World } from '@sluice/testkit/world'
import { createWorker, fail, type Worker } from '@sluice/worker'
import { expectAccessible, isSameLoad, markLoad, signIn, takePictures } from './pages.ts'

const LONG = 'Reindex the whole archive of letters, minutes and drawings, including what was scanned sideways in the year of the flood'
const SHELVES = 230

const table = (page: Page) => page.getByRole('table', { name: 'Flows' })
const rows = (page: Page) => table(page).locator('tr[data-id]')
const rowOf = (page: Page, title: string) => rows(page).filter({ has: page.getByRole('link', { name: title, exact: true }) })
const tab = (page: Page, status: string) => page.getByRole('navigation', { name: 'Statuses' }).getByRole('link', { name: new RegExp(`^${status}`) })

test.describe('the list of flows', () => {
  let world: World
  let worker: Worker

  test.beforeAll(async () => {
    world = await startWorld({ env: { MAX_CONCURRENT_FLOWS: '2' } })
    const { token } = await world.actor('WORKER', 'archivist')
    worker = createWorker({
      name: 'archivist', url: world.url, token, capacity: 10, graceMs: 0,
      kinds: {
        'report.render': { handler: () => fail({ code: 'PRINTER_ON_FIRE', message: 'The printer is on fire again.', retryable: false }) },
        'archive.index': { handler: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))) },
      },
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    })
    await worker.start()
  })

  test.afterAll(async () => {
    await worker.stop()
    await world[Symbol.asyncDispose]()
  })

  test('filters are the address, what changes elsewhere changes here, and a long list is a window', async ({ page }) => {
    await signIn(page, world)
    await page.keyboard.press('g')
    await page.keyboard.press('f')
    await expect(page.getByRole('heading', { name: 'No flows yet' })).toBeVisible()
    await takePictures(page, 'flows-empty')
    await expectAccessible(page)
    await markLoad(page)
    await test.step('what is submitted appears, and a failure with its reason', () => fill(page, world))
    await takePictures(page, 'flows-bad-day')
    await expectAccessible(page)
    await test.step('a long list is a window', () => scroll(page))
    await test.step('a row changes in its place, or says that it left', () => changeElsewhere(page, world))
    expect(await isSameLoad(page)).toBe(true)
    await test.step('filters survive a reload, and back and forward', () => filterByAddress(page))
    await test.step('what is shown can be fetched', () => exportShown(page))
  })
})

async function fill(page: Page, { admin }: World): Promise<void> {
  await admin.createFlows(Array.from({ length: 6 }, (_, index) => ({ kind: 'report.render', title: `Monthly report ${index + 1}`, labels: { team: index % 2 ? 'letters' : 'maps', ticket: `T-${index}` } })))
  await expect(tab(page, 'Failed')).toHaveText(/6$/)
  await admin.createFlows(Array.from({ length: SHELVES }, (_, index) => ({ kind: 'archive.index', title: `Index shelf ${index + 1}`, labels: { shelf: String(index + 1) } })))
  await admin.createFlows([{ kind: 'video.transcode', title: LONG }])
  await expect(rowOf(page, LONG)).toBeVisible()
  await expect(tab(page, 'All')).toHaveText(new RegExp(`${SHELVES + 7}$`))
}

async function scroll(page: Page): Promise<void> {
  await expect(rowOf(page, 'Monthly report 1')).toHaveCount(0)
  await expect(async () => {
    await page.locator('[data-list]').evaluate(list => list.scrollTo({ top: list.scrollHeight }))
    await expect(rowOf(page, 'Monthly report 1')).toBeVisible({ timeout: 200 })
  }).toPass()
  await expect(rowOf(page, 'Monthly report 1').getByText('The printer is on fire again.')).toBeVisible()
  expect(await rows(page).count()).toBeLessThan(70)
}

async function changeElsewhere(page: Page, { admin }: World): Promise<void> {
  const cancel = async (title: string) => {
    const { flows } = await admin.ask<{ flows: { edges: { node: { id: string; title: string } }[] } }>('query ($text: String) { flows(filter: { text: $text }) { edges { node { id title } } } }', { text: title })
    const id = flows.edges.find(({ node }) => node.title === title)?.node.id
    await admin.ask('mutation ($input: CancelFlowInput!) { cancelFlow(input: $input) { __typename } }', { input: { id } })
  }
  await page.keyboard.press('/')
  await page.keyboard.type('shelf 77')
  await expect(rows(page)).toHaveCount(1)
  await expect(page).toHaveURL(/text=shelf\+77/)
  await cancel('Index shelf 77')
  await expect(rowOf(page, 'Index shelf 77').getByText('Cancelled', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await tab(page, 'Queued').click()
  await expect(rowOf(page, 'Index shelf 225')).toBeVisible()
  await rowOf(page, 'Index shelf 226').hover()
  await cancel('Index shelf 225')
  await expect(rowOf(page, 'Index shelf 225').getByText('left', { exact: true })).toBeVisible()
  await expect(rowOf(page, 'Index shelf 225').getByText('Cancelled', { exact: true })).toBeVisible()
}

async function filterByAddress(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Flows', exact: true }).click()
  await tab(page, 'Failed').click()
  await page.getByRole('button', { name: 'Label' }).click()
  await page.getByLabel('Carries the label').fill('team=maps')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await expect(rows(page)).toHaveCount(3)
  await expect(page).toHaveURL(/\/flows\?status=FAILED&label=team%3Dmaps$/)
  await page.reload()
  await expect(rows(page)).toHaveCount(3)
  await expect(page.getByRole('button', { name: 'Label: team=maps' })).toBeVisible()
  await page.goBack()
  await expect(rows(page)).toHaveCount(6)
  await page.goForward()
  await expect(rows(page)).toHaveCount(3)
  await page.mouse.move(0, 0)
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Monthly report 5')
  await page.goBack()
  await expect(rows(page)).toHaveCount(3)
}

async function exportShown(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Export' }).click()
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /NDJSON/ }).click()])
  const lines = (await (await file.createReadStream()).toArray()).join('').trim().split('\n')
  expect(lines.map(line => (JSON.parse(line) as { title: string }).title)).toEqual(['Monthly report 5', 'Monthly report 3', 'Monthly report 1'])
}
