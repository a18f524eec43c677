import { expect, test, type Page } from '@playwright/test'
import { startReceiver, startWorld, type Receiver, type World } from '@sluice/testkit/world'
import { createWorker, fail, type Worker } from '@sluice/worker'
import { expectAccessible, isSameLoad, markLoad, signIn, takePictures } from './pages.ts'

/** Three attempts within a second, to this machine. */
const ENV = { WEBHOOK_ALLOW_HOSTS: '127.0.0.1', WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_SCHEDULE: '150ms,300ms', WEBHOOK_MAX_ATTEMPTS: '3', WEBHOOK_TIMEOUT: '1s' }

const list = (page: Page) => page.getByRole('table', { name: 'Deliveries', exact: true })
const rowOf = (page: Page, title: string) =>
  list(page).getByRole('row').filter({ has: page.getByRole('link', { name: title, exact: true }) }).filter({ has: page.getByRole('link', { name: 'flow.finished', exact: true }) })
const endpointRow = (page: Page, name: string) =>
  page.getByRole('table', { name: 'Endpoints' }).getByRole('row').filter({ has: page.getByRole('button', { name: `Details of endpoint ${name}`, exact: true }) })
const dialog = (page: Page) => page.getByRole('dialog')

test.describe('webhooks', () => {
  let world: World
  let receiver: Receiver
  let worker: Worker
  const secrets: string[] = []

  test.beforeAll(async () => {
    world = await startWorld({ env: ENV })
    receiver = await startReceiver({ secrets: () => secrets })
    const { token } = await world.actor('WORKER', 'printer')
    worker = createWorker({
      name: 'printer', url: world.url, token, capacity: 10, graceMs: 0,
      kinds: {
        'report.render': { handler: ({ flow }) => ({ pages: flow.title.length }) },
        'report.fax': { handler: () => fail({ code: 'LINE_BUSY', message: 'The line is busy.', retryable: false }) },
      },
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    })
    await worker.start()
  })

  test.afterAll(async () => {
    await worker.stop()
    await receiver.close()
    await world[Symbol.asyncDispose]()
  })

  test('an endpoint is made and told, what fails is seen attempt by attempt and sent again, and nothing is lost while it is off', async ({ page }) => {
    test.setTimeout(480_000)
    const render = (title: string) => world.admin.createFlows([{ kind: 'report.render', title }])
    await signIn(page, world)
    await markLoad(page)
    await test.step('empty pages say what would fill them', () => seesNothing(page))
    await test.step('a refused URL says its rule at the field; the secret is shown once', async () => { secrets.push(await makeEndpoint(page, receiver.url)) })
    await test.step('a test arrives, and its outcome is seen', () => testEndpoint(page, receiver))
    await test.step('the end of a flow is told, and seen as it happens', async () => {
      await press(page, 'g', 'd')
      await render('Monthly report')
      await expect(rowOf(page, 'Monthly report').getByText('Delivered')).toBeVisible()
      expect((await receiver.next(({ event }) => event?.type === 'flow.finished')).unverified).toBeNull()
      expect(await isSameLoad(page)).toBe(true)
    })
    await test.step('what every attempt failed at is exhausted, and sent again', () => replayOne(page, { receiver, render }))
    await test.step('everything that failed in a time is counted, sent again, and its progress shown', () => replayMany(page, { world, receiver }))
    await test.step('while a secret is rotated, both sign', async () => {
      const former = [...secrets]
      const next = await rotate(page)
      await render('Report after the rotation')
      await receiver.next(({ event, unverified }) => event?.data?.flow?.title === 'Report after the rotation' && unverified === null)
      secrets.splice(0, former.length, next)
      await render('Report by the new secret')
      await receiver.next(({ event, unverified }) => event?.data?.flow?.title === 'Report by the new secret' && unverified === null)
    })
    await test.step('what is suppressed while it is disabled is sent when it is enabled', () => disableAndEnable(page, { receiver, render }))
    await test.step('a flow tells who was told of it', () => seesTab(page, 'Report while it was off'))
    await test.step('a flow brings its own URL along', () => bringsUrl(page, receiver))
    await test.step('a bad day', () => badDay(page, { world, receiver }))
  })
})

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key)
}

async function seesNothing(page: Page): Promise<void> {
  await press(page, 'g', 'd')
  await expect(page.getByRole('heading', { name: 'No deliveries yet' })).toBeVisible()
  await takePictures(page, 'deliveries-empty')
  await expectAccessible(page)
  await press(page, 'g', 'e')
  await expect(page.getByText('Nobody is told of flows yet.')).toBeVisible()
  await expect(page.getByText('npm run receiver')).toBeVisible()
  await takePictures(page, 'endpoints-empty')
  await expectAccessible(page)
}

async function makeEndpoint(page: Page, url: string): Promise<string> {
  await page.getByRole('button', { name: 'New endpoint' }).click()
  await dialog(page).getByLabel('Name').fill('crm')
  await dialog(page).getByLabel('URL').fill('http://169.254.169.254/latest')
  await dialog(page).getByRole('button', { name: 'Make it' }).click()
  await expect(dialog(page).getByText(/leads to a metadata service/)).toBeVisible()
  await dialog(page).getByLabel('URL').fill('https://10.0.0.7/hook')
  await dialog(page).getByRole('button', { name: 'Make it' }).click()
  await expect(dialog(page).getByText(/leads to a private network.*WEBHOOK_ALLOW_HOSTS/)).toBeVisible()
  await takePictures(page, 'endpoint-new')
  await expectAccessible(page)
  await dialog(page).getByLabel('URL').fill(url)
  await dialog(page).getByRole('checkbox', { name: 'flow.queued' }).check()
  await dialog(page).getByRole('button', { name: 'Make it' }).click()
  return keepSecret(page, 'endpoint-secret')
}

/** The secret that is shown; it does not go by Escape alone. */
async function keepSecret(page: Page, picture: string): Promise<string> {
  const secret = await dialog(page).getByLabel('secret', { exact: true }).innerText()
  expect(secret).toMatch(/^whsec_/)
  await takePictures(page, picture)
  await expectAccessible(page)
  await page.keyboard.press('Escape')
  await expect(dialog(page).getByText('Nobody can show it again.')).toBeVisible()
  await dialog(page).getByRole('button', { name: 'I have kept it' }).click()
  await expect(dialog(page)).toHaveCount(0)
  await expect(page.getByText(secret)).toHaveCount(0)
  return secret
}

async function choose(page: Page, endpoint: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions on endpoint ${endpoint}` }).click()
  await page.getByRole('menuitem', { name: new RegExp(`^${action}`) }).click()
}

async function testEndpoint(page: Page, receiver: Receiver): Promise<void> {
  await expect(endpointRow(page, 'crm').getByText('Active')).toBeVisible()
  await choose(page, 'crm', 'Send a test')
  await dialog(page).getByRole('button', { name: 'Send a test' }).click()
  await expect(dialog(page).getByText('Delivered')).toBeVisible()
  await expect(dialog(page).getByText(/The receiver answered 200 after/)).toBeVisible()
  await takePictures(page, 'endpoint-test')
  await expectAccessible(page)
  expect((await receiver.next(({ event }) => event?.type === 'webhook.test')).unverified).toBeNull()
  await page.keyboard.press('Escape')
  await expect(dialog(page)).toHaveCount(0)
}

interface Told { receiver: Receiver; render(title: string): Promise<unknown> }

async function replayOne(page: Page, { receiver, render }: Told): Promise<void> {
  receiver.answerWith({ status: 503, headers: { 'content-type': 'application/json' }, body: '{"error":"The CRM is being moved."}' })
  await render('Quarterly report')
  const ended = rowOf(page, 'Quarterly report')
  await expect(ended.getByText('Exhausted')).toBeVisible()
  await expect(ended.getByText('Answered 503: it is not available now.')).toBeVisible()
  await ended.getByRole('link', { name: 'flow.finished' }).click()
  await expect(page).toHaveURL(/\/deliveries\/dlv_/)
  await expect(page.getByRole('table', { name: 'Attempts' }).getByRole('row')).toHaveCount(4)
  await expect(page.getByRole('region', { name: 'Attempt 3', exact: true }).getByText('The CRM is being moved.')).toBeVisible()
  await page.getByRole('button', { name: 'Attempt 1', exact: true }).click()
  await expect(page).toHaveURL(/attempt=1/)
  await takePictures(page, 'delivery-exhausted')
  await expectAccessible(page)
  receiver.answerWith({ status: 200 })
  await page.getByRole('button', { name: 'Replay' }).click()
  await dialog(page).getByRole('button', { name: 'Replay it' }).click()
  await expect(page.getByText('this one', { exact: true })).toBeVisible()
  await expect(page.getByText('Delivered', { exact: true }).first()).toBeVisible()
  await page.getByRole('button', { name: 'Replay' }).click()
  await expect(dialog(page).getByText('It was delivered already')).toBeVisible()
  await page.keyboard.press('Escape')
  await takePictures(page, 'delivery-replayed')
  await expectAccessible(page)
}

async function replayMany(page: Page, { world, receiver }: { world: World; receiver: Receiver }): Promise<void> {
  await press(page, 'g', 'd')
  receiver.answerWith({ status: 404, body: 'no such hook\n' })
  await world.admin.createFlows(Array.from({ length: 4 }, (_, index) => ({ kind: 'report.fax', title: `Fax ${index + 1}` })))
  await expect(list(page).getByText('Rejected')).toHaveCount(8)
  receiver.answerWith({ status: 200 })
  await page.getByRole('navigation', { name: 'States' }).getByRole('link', { name: 'Failed' }).click()
  await expect(page).toHaveURL(/state=EXHAUSTED&state=REJECTED&state=BLOCKED/)
  await page.getByRole('button', { name: 'Replay what failed' }).click()
  await dialog(page).getByRole('checkbox', { name: 'Exhausted' }).uncheck()
  await expect(dialog(page).getByText('8 deliveries are sent again')).toBeVisible()
  await takePictures(page, 'deliveries-replay-many')
  await expectAccessible(page)
  await dialog(page).getByRole('button', { name: 'Replay 8 deliveries' }).click()
  await expect(page).toHaveURL(/operation=blk_/)
  const progress = page.getByRole('region', { name: 'Replay of 8 deliveries' })
  await expect(progress.getByText('8 replayed')).toBeVisible()
  await expect(progress.getByText('Done')).toBeVisible()
  await progress.getByRole('link', { name: 'Show the new deliveries' }).click()
  await expect(list(page).getByText('Delivered')).toHaveCount(8)
  await takePictures(page, 'deliveries-replayed')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Close the progress' }).click()
}

async function rotate(page: Page): Promise<string> {
  await press(page, 'g', 'e')
  await choose(page, 'crm', 'Rotate the secret')
  await dialog(page).getByLabel('Hours in which the former signs too').fill('48')
  await dialog(page).getByRole('button', { name: 'Make a new secret' }).click()
  await expect(dialog(page).getByText(/Both sign until/)).toBeVisible()
  const secret = await keepSecret(page, 'endpoint-rotated')
  await expect(endpointRow(page, 'crm').getByText(/^two, until/)).toBeVisible()
  return secret
}

async function disableAndEnable(page: Page, { receiver, render }: Told): Promise<void> {
  await choose(page, 'crm', 'Disable')
  await dialog(page).getByLabel(/^Reason/).fill('The CRM is being moved')
  await dialog(page).getByRole('button', { name: 'Disable it' }).click()
  await expect(endpointRow(page, 'crm').getByText('The CRM is being moved')).toBeVisible()
  await render('Report while it was off')
  await press(page, 'g', 'q')
  await expect(page.getByText('A webhook endpoint is disabled')).toBeVisible()
  await takePictures(page, 'queue-endpoint-disabled')
  await expectAccessible(page)
  await press(page, 'g', 'd')
  await expect(rowOf(page, 'Report while it was off').getByText('Suppressed')).toBeVisible()
  await page.getByRole('region', { name: 'Health of endpoints' }).getByText('The CRM is being moved').waitFor()
  await press(page, 'g', 'e')
  await page.getByRole('button', { name: 'Details of endpoint crm' }).click()
  await takePictures(page, 'endpoints-disabled')
  await expectAccessible(page)
  await choose(page, 'crm', 'Enable')
  await expect(dialog(page).getByText('2 deliveries made since it was disabled')).toBeVisible()
  await dialog(page).getByRole('button', { name: 'Enable and replay' }).click()
  await expect(page.getByRole('region', { name: 'Replay of 2 deliveries' }).getByText('2 replayed')).toBeVisible()
  await receiver.next(({ event }) => event?.data?.flow?.title === 'Report while it was off' && event.type === 'flow.finished')
  await page.getByRole('button', { name: 'Close the progress' }).click()
}

async function seesTab(page: Page, title: string): Promise<void> {
  await rowOf(page, title).getByRole('link', { name: title, exact: true }).first().click()
  await page.getByRole('tab', { name: 'Deliveries' }).click()
  await expect(page).toHaveURL(/tab=deliveries/)
  const table = page.getByRole('table', { name: 'Deliveries of this flow' })
  await expect(table.getByText('Delivered')).toHaveCount(2)
  await expect(table.getByText('Suppressed')).toHaveCount(2)
  await takePictures(page, 'flow-deliveries')
  await expectAccessible(page)
}

async function bringsUrl(page: Page, receiver: Receiver): Promise<void> {
  await page.keyboard.press('n')
  await page.getByRole('combobox', { name: 'Kind' }).selectOption('report.render')
  await page.getByText('Options', { exact: true }).click()
  await page.getByRole('textbox', { name: 'Title' }).fill('With a URL of its own')
  await page.getByLabel('Webhook URL').fill('https://localhost/')
  await page.getByRole('button', { name: 'Start the flow' }).click()
  await expect(page.getByText(/localhost leads to this machine itself/).first()).toBeVisible()
  await page.getByLabel('Webhook URL').fill(receiver.url)
  await expect(page.getByLabel('curl', { exact: true })).toContainText(`"webhookUrl":"${receiver.url}"`)
  await takePictures(page, 'new-flow-webhook')
  await page.getByRole('button', { name: 'Start the flow' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('With a URL of its own')
  await page.getByRole('link', { name: /^http:\/\/127/ }).click()
  await expect(page).toHaveURL(/unnamed=shown&endpoint=ep_/)
  await expect(page.getByText('By a flow that brought its URL along')).toBeVisible()
}

const CREATE = 'mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { __typename ... on Error { message } } }'

/** Receivers that hang, hang up, redirect, are slow down or want no more, each on a port of its own, and names that are too long. */
async function badDay(page: Page, { world, receiver }: { world: World; receiver: Receiver }): Promise<void> {
  const answers = { 'billing of the northern branch office, second floor': 'stall', ledger: 'drop', archive: 'redirect', mailer: '429/2', metrics: 'garbage', search: 'stall-body', statistics: '410' }
  const others = await Promise.all(Object.entries(answers).map(async ([name, word]) => {
    const other = await startReceiver()
    await world.admin.ask(CREATE, { input: { name, url: `${other.url}${word}`, events: ['flow.finished', 'flow.failed', 'flow.cancelled'] } })
    return other
  }))
  receiver.answerWith({ status: 500, body: 'x'.repeat(5000) })
  await world.admin.createFlows(Array.from({ length: 12 }, (_, index) => ({ kind: index % 3 ? 'report.render' : 'report.fax', title: index === 7 ? ARCHIVE : `Report ${index + 1}` })))
  await press(page, 'g', 'd')
  await expect(page.getByRole('region', { name: 'Health of endpoints' }).getByText('Disabled').first()).toBeVisible()
  await expect(list(page).getByText('Exhausted').first()).toBeVisible()
  await takePictures(page, 'deliveries-bad-day')
  await expectAccessible(page)
  await page.mouse.move(0, 0)
  await press(page, 'j', 'x', 'j', 'x')
  await expect(page.getByText('2 selected')).toBeVisible()
  await takePictures(page, 'deliveries-selected')
  await expectAccessible(page)
  await press(page, 'k', 'Enter')
  await expect(page).toHaveURL(/\/deliveries\/dlv_/)
  await page.goBack()
  await press(page, 'g', 'e')
  await expect(endpointRow(page, 'statistics').getByText('Disabled')).toBeVisible()
  await takePictures(page, 'endpoints-bad-day')
  await expectAccessible(page)
  await Promise.all(others.map(other => other.close()))
}

const ARCHIVE = 'The whole archive of letters, minutes and drawings of the years before and after the flood, in order'
