import { expect, test, type Page } from '@playwright/test'
import { startWorld, type World } from '@sluice/testkit/world'
import { expectAccessible, isSameLoad, markLoad, signIn, takePictures } from './pages.ts'

const queue = (page: Page) => page.getByRole('table', { name: 'Queued flows in promotion order' })
const slots = (page: Page) => page.getByRole('list', { name: 'Slots' })
const heldCells = (page: Page) => slots(page).getByRole('link')
const rowOf = (page: Page, title: string) => queue(page).getByRole('row').filter({ has: page.getByRole('link', { name: title, exact: true }) })

const act = async (page: Page, title: string, action: string): Promise<void> => {
  await page.getByRole('button', { name: `Actions on ${title}`, exact: true }).click()
  await page.getByRole('menuitem', { name: action }).click()
}

test.describe('a cap of three and fifty flows', () => {
  let world: World
  test.beforeAll(async () => { world = await startWorld({ env: { MAX_CONCURRENT_FLOWS: '3', CANCEL_GRACE: '2s' } }) })
  test.afterAll(async () => { await world[Symbol.asyncDispose]() })

  test('three run, 47 say why they wait, and every action works without a reload', async ({ page }) => {
    await signIn(page, world)
    await markLoad(page)
    const titles = Array.from({ length: 50 }, (_, index) => `Paced sample ${String(index + 1).padStart(2, '0')}`)
    await world.admin.createFlows(titles.map(title => ({ kind: 'sample.fetch', title, input: { seconds: 300 } })))

    await expect(heldCells(page)).toHaveCount(3)
    await expect(page.getByText('47 in promotion order')).toBeVisible()
    await expect(rowOf(page, 'Paced sample 04').getByRole('cell').first()).toHaveText('1')
    await expect(rowOf(page, 'Paced sample 50').getByRole('cell').first()).toHaveText('47')
    await test.step('each says why, and who holds the slots', () => saysWhy(page))
    await takePictures(page, 'queue-cap-full')
    await expectAccessible(page)

    await test.step('promote one', () => promote(page))
    await test.step('change a priority', () => changePriority(page))
    await test.step('cancel one that waits', () => cancelWaiting(page))
    await test.step('cancel one that runs, and the pinned one starts', () => cancelRunning(page))
    await test.step('raise the cap', () => raiseCap(page))
    expect(await isSameLoad(page)).toBe(true)
  })
})

async function saysWhy(page: Page): Promise<void> {
  const row = rowOf(page, 'Paced sample 04')
  await row.getByRole('button', { name: /Cap full/ }).click()
  const why = page.getByRole('dialog', { name: /Why Paced sample 04 waits/ })
  await expect(why.getByRole('link')).toHaveCount(3)
  await expect(why).toContainText('3')
  await page.keyboard.press('Escape')
}

async function promote(page: Page): Promise<void> {
  await act(page, 'Paced sample 40', 'Promote now')
  await page.getByRole('dialog').getByRole('button', { name: 'Promote now' }).click()
  await expect(page.getByRole('dialog').getByRole('status')).toContainText('Not yet. It is pinned, at position 1.')
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).first().click()
  await expect(queue(page).getByRole('row').nth(1)).toContainText('Paced sample 40')
}

async function changePriority(page: Page): Promise<void> {
  await act(page, 'Paced sample 30', 'Priority')
  await page.getByRole('dialog').getByLabel('Priority').fill('500')
  await page.getByRole('dialog').getByRole('button', { name: 'Change' }).click()
  await expect(queue(page).getByRole('row').nth(2)).toContainText('Paced sample 30')
}

async function cancelWaiting(page: Page): Promise<void> {
  await act(page, 'Paced sample 50', 'Cancel')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the flow' }).click()
  await expect(rowOf(page, 'Paced sample 50')).toHaveCount(0)
  await expect(page.getByText('46 in promotion order')).toBeVisible()
}

async function cancelRunning(page: Page): Promise<void> {
  await heldCells(page).filter({ hasText: 'Paced sample 01' }).click()
  await expect(page.getByRole('heading', { name: 'Paced sample 01', level: 1 })).toBeVisible()
  await page.getByRole('group', { name: 'Actions' }).getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the flow' }).click()
  await expect(page.getByRole('main').getByText('Cancelled').first()).toBeVisible()
  await takePictures(page, 'flow-cancelled')
  await expectAccessible(page)
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Queue' }).click()
  await expect(heldCells(page).filter({ hasText: 'Paced sample 40' })).toBeVisible()
}

async function raiseCap(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Change the cap' }).click()
  await page.getByRole('dialog').getByLabel('At most').fill('5')
  await page.getByRole('dialog').getByRole('button', { name: 'Change', exact: true }).click()
  await expect(heldCells(page)).toHaveCount(5)
  await expect(page.getByText('MAX_CONCURRENT_FLOWS says 3; what was set here wins.')).toBeVisible()
  await takePictures(page, 'queue-cap-raised')
}
