import { expect, test } from '@playwright/test'
import { startWorld, type World } from '@sluice/testkit/world'
import { expectAccessible, isSameLoad, markLoad, takePictures } from './pages.ts'

test.describe('the first minute', () => {
  let world: World
  test.beforeAll(async () => { world = await startWorld() })
  test.afterAll(async () => { await world[Symbol.asyncDispose]() })

  test('the printed link signs in once, a sample goes from queued to finished without a reload', async ({ page }) => {
    await page.goto(`${world.url}/`)
    await expect(page).toHaveURL(/\/sign-in/)
    await takePictures(page, 'sign-in')
    await expectAccessible(page)

    await page.goto(world.signInLink())
    await expect(page.getByRole('heading', { name: 'No flows yet' })).toBeVisible()
    await expect(page.getByText('Live', { exact: true })).toBeVisible()
    await takePictures(page, 'queue-empty')
    await expectAccessible(page)

    await markLoad(page)
    await page.getByRole('button', { name: 'Start a sample: Digest' }).click()
    await page.getByRole('list', { name: /Slots|Oldest holders/ }).getByText('SHA-256 of every file below a folder').waitFor()
    await page.getByRole('button', { name: 'Start a sample' }).click()
    await page.getByRole('menuitem', { name: /sample\.languages/ }).click()
    await page.getByRole('button', { name: 'Start a sample' }).click()
    await page.getByRole('menuitem', { name: /sample\.fetch/ }).click()
    await takePictures(page, 'queue-normal')

    const ended = page.getByRole('table', { name: 'Flows that ended last' })
    for (const kind of ['sample.digest', 'sample.languages', 'sample.fetch']) {
      await expect(ended.getByRole('row').filter({ hasText: kind }).getByText('Finished')).toBeVisible({ timeout: 40_000 })
    }
    expect(await isSameLoad(page)).toBe(true)

    await ended.getByRole('link', { name: 'SHA-256 of every file below a folder' }).click()
    await expect(page.getByText('Finished').first()).toBeVisible()
    await takePictures(page, 'flow-finished')
    await expectAccessible(page)

    await page.goto(world.signInLink())
    await expect(page).toHaveURL(/\/sign-in/)
  })
})
