import { afterEach, expect, test } from 'vitest'
import { findBrowser } from '../src/world/browser.ts'

const before = process.env['SLUICE_CHROMIUM']
afterEach(() => {
  if (before === undefined) delete process.env['SLUICE_CHROMIUM']
  else process.env['SLUICE_CHROMIUM'] = before
})

test('the variable wins over what is installed', async () => {
  process.env['SLUICE_CHROMIUM'] = process.execPath
  expect(await findBrowser()).toEqual({ executablePath: process.execPath, env: {}, foundBy: 'SLUICE_CHROMIUM' })
})

test('a variable that names nothing executable is an error, not a reason to look elsewhere', async () => {
  process.env['SLUICE_CHROMIUM'] = '/nowhere/chromium'
  await expect(findBrowser()).rejects.toThrow('SLUICE_CHROMIUM names /nowhere/chromium')
})
