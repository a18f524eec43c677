/** What the journeys do on pages: sign in, look at them in every theme and size, ask axe. */
import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'
import { pictureFolder, type World } from '@sluice/testkit/world'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

const PICTURES = fileURLToPath(new URL('../screenshots', import.meta.url))
const THEMES = ['light', 'dark'] as const
const SIZES = [{ width: 1440, height: 900 }, { width: 390, height: 844 }]

export async function signIn(page: Page, world: World): Promise<void> {
  await page.goto(`${world.url}/sign-in`)
  await page.getByLabel('Token').fill(world.admin.token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('heading', { name: 'Queue', level: 1 })).toBeVisible()
  await expect(page.getByText('Live', { exact: true })).toBeVisible()
}

/** Pictures of the page as it is, in both themes and sizes: NAME-THEME-WIDTHxHEIGHT.png. They are for looking, nothing compares them. */
export async function takePictures(page: Page, name: string): Promise<void> {
  const folder = await pictureFolder(PICTURES)
  await page.mouse.move(0, 0)
  await page.evaluate(() => { if (document.activeElement instanceof HTMLElement) document.activeElement.blur() })
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    for (const size of SIZES) {
      await page.setViewportSize(size)
      await page.screenshot({ path: join(folder, `${name}-${theme}-${size.width}x${size.height}.png`) })
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null })
}

/** axe finds nothing, in either theme. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(one => `${theme} ${one.id}: ${one.help} (${one.nodes.map(node => node.target.join(' ')).join(', ')})`)).toEqual([])
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null })
}

/** A page that was loaded anew has lost this mark. */
export const markLoad = (page: Page): Promise<void> => page.evaluate(() => { (window as unknown as { loadedOnce: boolean }).loadedOnce = true })
export const isSameLoad = (page: Page): Promise<boolean> => page.evaluate(() => (window as unknown as { loadedOnce?: boolean }).loadedOnce === true)
