import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createSignInCode } from '@sluice/engine'
import { findBrowser } from '@sluice/testkit/world'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFlows, testServer, type Principal, type TestServer } from './server.ts'

let server: TestServer
let admin: Principal
let browser: Browser
let page: Page
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'sluice-page-'))
  await writeFile(path.join(dir, 'index.html'), '<!doctype html><title>The page</title>')
  server = await testServer({ dashboardDir: dir })
  admin = await server.principal('ADMIN')
  const { executablePath, env } = await findBrowser()
  browser = await chromium.launch({ executablePath, env })
  page = await browser.newPage()
  await page.goto(`${server.url}/sign-in?code=${await createSignInCode(server.pool, admin.id)}`)
}, 60_000)
afterAll(async () => {
  await browser.close()
  await server.close()
  await rm(dir, { recursive: true })
})

const typeOf = async (answer: ReturnType<Page['goto']>): Promise<string | undefined> => (await answer)?.headers()['content-type']?.split(';')[0]

test('a real browser gets the page at /flows and /flows/{id}, reloaded and gone back to as well, and its scripts get JSON', async () => {
  const [id] = await createFlows(admin, [{ kind: 'seen' }])
  for (const address of ['/flows', `/flows/${id}`]) {
    expect(await typeOf(page.goto(server.url + address))).toBe('text/html')
    expect(await typeOf(page.reload())).toBe('text/html')
  }
  const asked = await page.evaluate(`fetch('/flows/${id}').then((answer) => answer.json()).then((flow) => flow.id)`)
  expect(asked).toBe(id)
  await page.goBack()
  expect(await page.title()).toBe('The page')
})

test('INV-34 the EventSource of a real browser follows a flow by its cookie, comes again by itself, and stops at its end', async () => {
  const [id] = await createFlows(admin, [{ kind: 'followed' }])
  const seen = await page.evaluate(`new Promise((resolve) => {
    const told = []
    const source = new EventSource('/flows/${id}/events')
    const cancel = () => fetch('/flows/${id}/cancel', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    for (const name of ['snapshot', 'change', 'end']) source.addEventListener(name, ({ lastEventId }) => told.push(name + ' ' + lastEventId.split('.')[1]))
    source.addEventListener('snapshot', cancel, { once: true })
    source.addEventListener('error', () => source.readyState === EventSource.CLOSED && resolve(told))
  })`)
  expect(seen).toEqual(['snapshot 1', 'change 2', 'end 2'])
}, 15_000)
