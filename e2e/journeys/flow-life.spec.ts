import { readFile } from 'node:fs/promises'
import { expect, test, type Page } from '@playwright/test'
import { startWorld, type World } from '@sluice/testkit/world'
import { createLog, createWorker, defineKind, type Worker } from '@sluice/worker'
import { expectAccessible, isSameLoad, markLoad, signIn, takePictures } from './pages.ts'

/** More than one piece of an artifact is stored in, and no text. */
const BYTES = Buffer.from(Uint8Array.from({ length: 1_500_000 }, (_, at) => (at * 131 + (at >> 8)) % 256))
const FORM = { type: 'object', required: ['version'], properties: { version: { type: 'string', title: 'Version' } } }

/** Says what it was told, leaves a file, asks, and finishes with a text. */
const report = defineKind<null>({
  handler: async ({ inputs, output, artifact, step, ask }) => {
    await step('draft', async () => {
      for (const { content } of inputs) await output.write(`Was told ${JSON.stringify(content)}.\n`)
      await output.warn('Page 3 has no picture')
      await artifact('report.pdf', BYTES, { mediaType: 'application/pdf' })
    })
    const { payload } = await ask('publish', { prompt: 'Publish the report?', form: FORM })
    const { version } = payload as { version: string }
    await output.write(`Publishes version ${version}.\n`)
    return `Version ${version} is published.`
  },
})

const ADD = 'mutation ($input: AddFlowInputInput!) { addFlowInput(input: $input) { __typename ... on Error { message } } }'

test.describe('the life of a flow', () => {
  let world: World
  let worker: Worker

  test.beforeAll(async () => {
    world = await startWorld()
    const { token } = await world.actor('WORKER', 'press')
    worker = createWorker({ name: 'press', url: world.url, token, kinds: { 'report.make': report }, log: createLog(() => {}) })
  })

  test.afterAll(async () => {
    await worker.stop({ graceMs: 0 })
    await world[Symbol.asyncDispose]()
  })

  test('people add to it while it is queued, follow its output, answer it, and take what it left', async ({ page }) => {
    await signIn(page, world)
    const [id = ''] = await world.admin.createFlows([{ kind: 'report.make', title: 'Yearly report' }])
    await page.goto(`${world.url}/flows/${id}?tab=inputs`)
    await expect(page.getByText(/^Nothing was added yet/)).toBeVisible()
    await markLoad(page)
    await test.step('what is added is listed, here and elsewhere, and can be taken back', () => addsInputs(page, { world, id }))
    await test.step('a worker takes it: the output comes by itself', async () => {
      await page.getByRole('tab', { name: 'Output' }).click()
      await expect(page.getByText(/^Nothing yet: what its handler writes/)).toBeVisible()
      await worker.start()
      const output = page.getByRole('region', { name: 'Output', exact: true })
      await expect(output.getByText('Was told "Use the new logo.".')).toBeVisible()
      await expect(output.getByText('Was told {"pages":12}.')).toBeVisible()
      await expect(output.getByText('Was told "Wrong flow."')).toHaveCount(0)
      await expect(output.getByText('Page 3 has no picture')).toBeVisible()
    })
    await test.step('what was added has its attempt, and no more is taken', () => wereHandedOver(page))
    await test.step('it is answered on Approvals', () => answers(page))
    await test.step('it goes on and ends', () => ends(page))
    await test.step('what it left is what it stored', () => takesArtifacts(page))
    expect(await isSameLoad(page)).toBe(true)
  })
})

async function addsInputs(page: Page, { world, id }: { world: World; id: string }): Promise<void> {
  const list = page.getByRole('list', { name: 'Inputs of this flow' })
  const text = page.getByLabel('Text to add')
  await text.fill('x'.repeat(300_000))
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(text).toHaveAccessibleDescription(/262144|256 KiB/)
  await text.fill('Wrong flow.')
  await expect(text).toHaveAccessibleDescription('')
  await page.keyboard.press('Control+Enter')
  await expect(list.getByRole('listitem')).toHaveCount(1)
  await expect(text).toBeFocused()
  await text.pressSequentially('Use the new logo.')
  await page.getByRole('button', { name: 'Add', exact: true }).press('Enter')
  await expect(list.getByRole('listitem')).toHaveCount(2)
  const paula = await world.actor('OPERATOR', 'paula')
  expect(await paula.ask(ADD, { input: { flowId: id, content: { pages: 12 } } })).toMatchObject({ addFlowInput: { __typename: 'AddFlowInputPayload' } })
  await expect(list.getByRole('listitem', { name: 'Input 3' })).toContainText('by paula')
  await page.getByRole('button', { name: 'Take back input 1' }).press('Enter')
  await expect(list.getByRole('listitem', { name: 'Input 1' })).toContainText('Taken back')
  await expect(list.getByRole('listitem', { name: 'Input 1' })).toBeFocused()
  await takePictures(page, 'flow-inputs')
  await expectAccessible(page)
}

async function wereHandedOver(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Inputs' }).click()
  const list = page.getByRole('list', { name: 'Inputs of this flow' })
  await expect(list.getByText('with attempt 1')).toHaveCount(2)
  await expect(list.getByRole('button', { name: /^Take back/ })).toHaveCount(0)
  await expect(page.getByLabel('Text to add')).toHaveCount(0)
  await takePictures(page, 'flow-inputs-handed-over')
  await expectAccessible(page)
}

async function answers(page: Page): Promise<void> {
  await page.keyboard.press('g')
  await page.keyboard.press('a')
  const card = page.getByRole('article').filter({ hasText: 'Yearly report' })
  await card.getByRole('button', { name: /^Answer publish/ }).click()
  await card.getByLabel('Version').fill('2.1')
  await card.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('region', { name: 'Notices' }).getByRole('link', { name: 'Yearly report' }).click()
}

async function ends(page: Page): Promise<void> {
  await expect(page.getByRole('main').getByText('Finished', { exact: true }).first()).toBeVisible()
  await page.getByRole('tab', { name: 'Output' }).click()
  await expect(page.getByRole('region', { name: 'Output', exact: true }).getByText('Publishes version 2.1.')).toBeVisible()
  await expect(page.getByText('Complete', { exact: true })).toBeVisible()
  await page.getByRole('tab', { name: 'Events' }).click()
  const left = page.getByRole('listitem').filter({ hasText: 'flow.artifact' })
  await expect(left).toHaveCount(1)
  await expect(left).toContainText('name: report.pdf')
  await takePictures(page, 'flow-events-artifact')
  await expectAccessible(page)
}

async function takesArtifacts(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Artifacts' }).click()
  const table = page.getByRole('table', { name: 'Artifacts of this flow' })
  await expect(table.getByRole('row', { name: /^completion/ })).toContainText('the text it finished with')
  await takePictures(page, 'flow-artifacts')
  await expectAccessible(page)
  await page.setViewportSize({ width: 390, height: 844 })
  await expect(page.getByRole('tab', { name: 'Artifacts' })).toBeInViewport({ ratio: 1 })
  await page.setViewportSize({ width: 1440, height: 900 })
  expect((await downloaded(page, 'report.pdf')).equals(BYTES)).toBe(true)
  expect((await downloaded(page, 'completion')).toString()).toBe('Version 2.1 is published.')
}

async function downloaded(page: Page, name: string): Promise<Buffer> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).click()])
  expect(file.suggestedFilename()).toBe(name)
  return readFile(await file.path())
}
