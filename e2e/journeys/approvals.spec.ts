import { readFile } from 'node:fs/promises'
import { expect, test, type Browser, type Page } from '@playwright/test'
import { startWorld, type World } from '@sluice/testkit/world'
import { createLog, createWorker, defineKind, type Worker } from '@sluice/worker'
import { expectAccessible, isSameLoad, markLoad, signIn, takePictures } from './pages.ts'

const FORM = {
  type: 'object', required: ['version'],
  properties: {
    version: { type: 'string', title: 'Version', minLength: 2, description: 'As it is told to readers.' }, audience: { enum: ['everyone', 'staff', 'editors'], title: 'Audience' },
    note: { type: 'string', title: 'Note', maxLength: 200 },
  },
}
const LONG = 'Shall the archive of letters, minutes and drawings be sent to the printer as it is, with the pages that the flood left unreadable marked as such, or shall it wait for the restorers?\n\nThe printer holds its offer until Friday.'

const KINDS = {
  'report.publish': defineKind({ handler: async ({ ask }) => (await ask('publish', { prompt: 'Publish the report?', form: FORM, timeout: '2h' })).payload }),
  'report.send': defineKind({ handler: async ({ ask, flow }) => (await ask('send', { prompt: `Send ${flow.title} to all readers?` })).decision }),
  'report.pay': defineKind({ handler: async ({ ask }) => (await ask('pay', { kind: 'BUDGET', prompt: 'It has used 80 % of its budget. May it use more?', timeout: '5m', onTimeout: 'CANCEL', answerableBy: ['role:admin'] })).decision }),
  'report.print': defineKind({ handler: async ({ ask }) => (await ask('print', { prompt: LONG, decisions: ['print now', 'wait', 'cancel the order'], answerableBy: ['role:operator'], timeout: '3d' })).decision }),
}

const LINES = 600

/** Talks for a while, asks whether to go on, and says the rest. */
const essay = defineKind({
  defaults: { onLeaseLost: 'RETRY' },
  handler: async ({ ask, output, step }) => {
    await step('draft', async () => {
      await output.log('Reads what there is', { files: 12, from: 'notes' })
      await output.json({ outline: ['beginning', 'middle', 'end'], words: 4711, sources: { notes: 12, letters: 3 } })
      for (let n = 1; n <= LINES; n += 1) {
        await output.write(`Line ${n} of the essay${n % 25 === 0 ? ', which is much longer than the others, so that it does not fit into the width of a page and has to go on in the next row, as the thoughts of whoever wrote it did before they were written down' : ''}.\n`)
        if (n % 200 === 0) await output.warn(`${n} lines, and no end in sight`)
        await new Promise(resolve => setTimeout(resolve, 50))
      }
      await output.error('The last page could not be read', { page: 12 })
    })
    const { decision } = await ask('go-on', { prompt: 'The draft is there. Shall it go on?', timeout: '1h', form: { type: 'object', properties: { tone: { enum: ['calm', 'loud'] } } } })
    await output.write(`It was decided: ${decision}.\n`)
    return { decision }
  },
})

const waits = (page: Page) => page.getByRole('list', { name: 'Waits' })
const cardOf = (page: Page, title: string) => page.getByRole('article').filter({ hasText: title })
const press = async (page: Page, ...keys: string[]) => { for (const key of keys) await page.keyboard.press(key) }

test.describe('approvals', () => {
  let world: World
  let worker: Worker

  test.beforeAll(async () => {
    world = await startWorld()
    const { token } = await world.actor('WORKER', 'asking')
    worker = createWorker({ name: 'asking', url: world.url, token, capacity: 60, kinds: { ...KINDS, 'essay.write': essay }, log: createLog(() => {}) })
    await worker.start()
  })

  test.afterAll(async () => {
    await worker.stop({ graceMs: 0 })
    await world[Symbol.asyncDispose]()
  })

  test('what waits is listed, answered by a form or a press, and gone everywhere at once', async ({ page, browser }) => {
    test.setTimeout(480_000)
    const submit = (kind: string, title: string) => world.admin.createFlows([{ kind, title }])
    await signIn(page, world)
    await markLoad(page)
    await test.step('an empty page says what would fill it', async () => {
      await press(page, 'g', 'a')
      await expect(page.getByText('Nothing waits for an answer')).toBeVisible()
      await takePictures(page, 'approvals-empty')
      await expectAccessible(page)
    })
    await test.step('what asks appears by itself, and is counted in the navigation', async () => {
      for (const [kind, title] of [['report.publish', 'Monthly report'], ['report.send', 'Newsletter'], ['report.pay', 'Survey of readers'], ['report.print', 'Archive']] as const) await submit(kind, title)
      await expect(page.getByRole('article')).toHaveCount(4)
      await expect(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Approvals , 4 open' })).toBeVisible()
      await takePictures(page, 'approvals')
      await expectAccessible(page)
    })
    await test.step('a form says what is wrong at its field; the answer moves the flow', () => answersByForm(page))
    await test.step('two look: who is faster takes the row from the other, but never from under its hands', () => twoLook(page, { browser, world }))
    await test.step('filters are the address', async () => {
      await page.getByRole('button', { name: 'Kind' }).click()
      await page.getByRole('checkbox', { name: 'Budget' }).check()
      await page.keyboard.press('Escape')
      await expect(page).toHaveURL(/\/approvals\?kind=BUDGET$/)
      await expect(page.getByRole('article')).toHaveCount(1)
      await cardOf(page, 'Survey of readers').getByRole('button', { name: 'Approve' }).click()
      await expect(page.getByText('Nothing that fits waits')).toBeVisible()
      await page.getByRole('button', { name: 'Clear filters' }).click()
      await expect(page).toHaveURL(/\/approvals$/)
    })
    await test.step('its output is followed live, across a restart of the control plane', () => followsOutput(page, world))
    await test.step('what it asks is answered on its page', () => answersOnPage(page))
    await test.step('a bad day', async () => {
      await press(page, 'g', 'a')
      await world.admin.createFlows(Array.from({ length: 40 }, (_, index) => ({ kind: ['report.send', 'report.print', 'report.publish', 'report.pay'][index % 4] ?? '', title: index === 3 ? LONG.slice(0, 150) : `Report ${index + 1}` })))
      await expect(page.getByRole('article')).toHaveCount(40)
      await takePictures(page, 'approvals-bad-day')
      await expectAccessible(page)
      await press(page, 'g', 'q')
      await expect(page.getByTitle(/It keeps its slot meanwhile/).first()).toBeVisible()
      await takePictures(page, 'queue-waiting')
      await expectAccessible(page)
    })
    expect(await isSameLoad(page)).toBe(true)
  })
})

async function answersByForm(page: Page): Promise<void> {
  const card = cardOf(page, 'Monthly report')
  await card.getByRole('button', { name: /^Answer publish/ }).click()
  await expect(page).toHaveURL(/\/approvals\?wait=wpt_/)
  await card.getByRole('button', { name: 'Approve' }).click()
  await expect(card.getByText('This is required.')).toBeVisible()
  await expect(card.getByLabel('Version')).toBeFocused()
  await takePictures(page, 'approvals-form')
  await expectAccessible(page)
  await card.getByLabel('Version').fill('2.1')
  await card.getByRole('button', { name: 'Approve' }).click()
  // Its worker may have finished before the page was told.
  await expect(page.getByText(/Approve: Monthly report (?:goes on at its worker|is queued to go on|has its answer)/)).toBeVisible()
  await expect(cardOf(page, 'Monthly report')).toHaveCount(0)
}

async function twoLook(page: Page, { browser, world }: { browser: Browser; world: World }): Promise<void> {
  const context = await browser.newContext()
  const other = await context.newPage()
  await signIn(other, world)
  await press(other, 'g', 'a')
  await cardOf(other, 'Archive').getByRole('button', { name: /^Say more to print/ }).click()
  await cardOf(other, 'Archive').getByLabel('Answer as JSON').fill('{"because": "the rest')
  await cardOf(page, 'Newsletter').getByRole('button', { name: 'Approve' }).click()
  await expect(cardOf(other, 'Newsletter')).toHaveCount(0)
  await cardOf(page, 'Archive').getByRole('button', { name: 'Print now' }).click()
  await expect(cardOf(other, 'Archive').getByText('by you: Print now')).toBeVisible()
  await takePictures(other, 'approvals-overtaken')
  await expectAccessible(other)
  await cardOf(other, 'Archive').getByRole('button', { name: /^Put away/ }).click()
  await expect(cardOf(other, 'Archive')).toHaveCount(0)
  await expect(waits(other).getByRole('article')).toHaveCount(1)
  await context.close()
}

async function downloaded(page: Page): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Text', exact: true }).click()])
  return readFile(await file.path(), 'utf8')
}

async function followsOutput(page: Page, world: World): Promise<void> {
  const [id = ''] = await world.admin.createFlows([{ kind: 'essay.write', title: 'Essay' }])
  await page.goto(`${world.url}/flows/${id}?tab=output`)
  await markLoad(page)
  const output = page.getByRole('region', { name: 'Output', exact: true })
  await expect(output.getByText(/^Line \d+ of the essay\.$/).last()).toBeVisible()
  await expect(page.getByText('Live', { exact: true })).toHaveCount(2)
  await takePictures(page, 'flow-output-live')
  await output.hover()
  await page.mouse.wheel(0, -100_000)
  await expect(page.getByRole('button', { name: /^\d+ new lines$/ })).toBeVisible()
  await expect(output.getByText('Reads what there is')).toBeVisible()
  await output.getByRole('button', { name: /outline/ }).click()
  await takePictures(page, 'flow-output')
  await expectAccessible(page)
  await world.kill('controlPlane', 'SIGKILL')
  await expect(page.getByText('Disconnected')).toBeVisible()
  await expect(page.getByText('Waiting', { exact: true }).first()).toBeVisible({ timeout: 90_000 })
  await page.getByRole('button', { name: /new lines$|^To the end$/ }).click()
  await expect(output.getByText('The last page could not be read')).toBeVisible()
  expect((await downloaded(page)).match(/Line \d+/g)).toEqual(Array.from({ length: LINES }, (_, at) => `Line ${at + 1}`))
  await page.getByRole('searchbox', { name: 'Words of the output' }).fill('much longer')
  await page.keyboard.press('Enter')
  await expect(page.getByText('1 of 24')).toBeVisible()
  await takePictures(page, 'flow-output-search')
  await expectAccessible(page)
}

async function answersOnPage(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Answer', exact: true }).click()
  await expect(page).toHaveURL(/tab=waits/)
  const card = page.getByRole('article', { name: /^go-on/ })
  await card.getByLabel('tone').selectOption('calm')
  await takePictures(page, 'flow-waits')
  await expectAccessible(page)
  await card.getByRole('button', { name: 'Approve' }).click()
  await expect(card.getByText('by you: Approve')).toBeVisible()
  await expect(card.getByText('"calm"')).toBeVisible()
  await expect(page.getByText('Finished', { exact: true }).first()).toBeVisible({ timeout: 60_000 })
  await page.getByRole('tab', { name: 'Attempts' }).click()
  await expect(page.getByRole('table', { name: 'Attempts' }).getByText('finished', { exact: true })).toBeVisible()
  const remembered = page.getByRole('table', { name: 'Remembered' })
  for (const [key, kind] of [['draft', 'Step'], ['go-on', 'Answer']] as const) await expect(remembered.getByRole('row', { name: key }).getByText(kind)).toBeVisible()
  await takePictures(page, 'flow-attempts-resumed')
  await expectAccessible(page)
  await page.getByRole('tab', { name: 'Output' }).click()
  await expect(page.getByText('Complete', { exact: true })).toBeVisible()
  // What is remembered is not said again.
  const text = await downloaded(page)
  expect(text.match(/Line \d+/g)).toHaveLength(LINES)
  expect(text).toContain('It was decided: approve.')
  await takePictures(page, 'flow-output-complete')
}
