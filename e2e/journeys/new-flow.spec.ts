import { expect, test, type Page } from '@playwright/test'
import { startWorld, type World } from '@sluice/testkit/world'
import { execFileSync, spawnSync } from 'node:child_process'
import { expectAccessible, signIn, takePictures } from './pages.ts'

/** For machines without curl: what the copied line asks of it, and no more. */
const STAND_IN = `curl() { ${JSON.stringify(process.execPath)} -e '
  const [, url, ...rest] = process.argv.slice(1), headers = {}
  for (let i = 0; i < rest.length; i += 2) if (rest[i] === "-H") { const [name, ...value] = rest[i + 1].split(":"); headers[name] = value.join(":").trim() }
  fetch(url, { method: "POST", headers, body: rest[rest.indexOf("-d") + 1] }).then(answer => answer.text()).then(text => process.stdout.write(text))
' -- "$@"; }
`
const hasCurl = spawnSync('curl', ['--version']).status === 0

test.describe('a new flow', () => {
  let world: World
  test.beforeAll(async () => { world = await startWorld() })
  test.afterAll(async () => { await world[Symbol.asyncDispose]() })

  test('a form from the schema of its kind says what is wrong, starts the flow, and gives the same as curl', async ({ page }) => {
    await signIn(page, world)
    await page.keyboard.press('n')
    await expect(page.getByRole('heading', { name: 'New flow' })).toBeVisible()
    await takePictures(page, 'new-flow-empty')
    await expectAccessible(page)

    await page.getByLabel('Kind').selectOption('sample.digest')
    await expect(page).toHaveURL(/\/flows\/new\?kind=sample\.digest$/)
    await page.reload()
    await test.step('what is wrong stands at its field, from here', () => sayWhatIsWrong(page))
    await test.step('and from the server', () => sayWhatTheServerRefuses(page))
    await test.step('the copied line submits what is shown', () => runCurl(page, world))
    await test.step('the button submits it and leads to the flow', () => start(page))
  })
})

async function sayWhatIsWrong(page: Page): Promise<void> {
  await page.getByLabel('Seconds', { exact: true }).fill('601')
  await page.getByLabel('Folder').fill('/etc')
  await page.getByRole('button', { name: 'Start the flow' }).click()
  await expect(page.getByText('At most 600.')).toBeVisible()
  await expect(page.getByLabel('Folder')).toBeFocused()
  await expect(page.getByLabel('Input as JSON')).toHaveValue(/"seconds": 601/)
  await takePictures(page, 'new-flow-wrong')
  await expectAccessible(page)
  await page.getByLabel('Input as JSON').fill('{\n  "folder": "packages",\n  "seconds": 12345678901234567890\n}')
  await expect(page.getByText(/^Line 3, column 14: 12345678901234567890 would arrive as/)).toBeVisible()
}

/** What no schema forbids, and the database cannot hold: only the server knows. */
async function sayWhatTheServerRefuses(page: Page): Promise<void> {
  const json = page.getByLabel('Input as JSON')
  await json.fill('{ "folder": "packages\\u0000" }')
  await page.getByRole('button', { name: 'Start the flow' }).click()
  await expect(page.getByLabel('Folder')).toHaveAccessibleDescription(/may not contain the character NUL/)
  await json.fill('{ "folder": "packages/protocol", "seconds": 0 }')
  await expect(page.getByLabel('Folder')).toHaveValue('packages/protocol')
  await page.getByText('Options', { exact: true }).click()
  await page.getByLabel('Title').fill('Digest of the protocol’s folder')
  await page.getByLabel('Labels').fill("team=o'hara")
}

async function runCurl(page: Page, { admin }: World): Promise<void> {
  const line = await page.getByLabel('curl', { exact: true }).innerText()
  const printed = execFileSync('sh', ['-c', `${hasCurl ? '' : STAND_IN}${line}`], { encoding: 'utf8', env: { ...process.env, SLUICE_TOKEN: admin.token } })
  const { data } = JSON.parse(printed) as { data: { createFlow: { flow: { id: string } } } }
  const { flow } = await admin.ask<{ flow: object }>('query ($id: ID!) { flow(id: $id) { kind title input labels } }', { id: data.createFlow.flow.id })
  expect(flow).toEqual({ kind: 'sample.digest', title: 'Digest of the protocol’s folder', input: { folder: 'packages/protocol', seconds: 0 }, labels: { team: "o'hara" } })
}

async function start(page: Page): Promise<void> {
  await takePictures(page, 'new-flow')
  await expectAccessible(page)
  await page.getByLabel('Folder').focus()
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('heading', { name: 'Digest of the protocol’s folder', level: 1 })).toBeVisible()
  await expect(page.getByRole('main').getByText('Finished').first()).toBeVisible()
  await expect(page.getByRole('link', { name: "o'hara" })).toBeVisible()
}
