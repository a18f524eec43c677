import { afterEach, expect, test } from 'vitest'
import { findBrowser } from '../src/world/browser.ts'

const before = process.env['CHROMIUM_PATH']
afterEach(() => {
  if (before === undefined) delete process.env['CHROMIUM_PATH']
  else process.env['CHROMIUM_PATH'] = before
})

test('the variable wins over what is installed', async () => {
  process.env['CHROMIUM_PATH'] = process.execPath
  expect(await findBrowser()).toEqual({ executablePath: process.execPath, env: {}, foundBy: 'CHROMIUM_PATH' })
})

test('a variable that names nothing executable is an error, not a reason to look elsewhere', async () => {
  process.env['CHROMIUM_PATH'] = '/nowhere/chromium'
  await expect(findBrowser()).rejects.toThrow('CHROMIUM_PATH names /nowhere/chromium')
})
