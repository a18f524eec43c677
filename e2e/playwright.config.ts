import { findBrowser } from '@sluice/testkit/world'
import { defineConfig } from '@playwright/test'

const browser = await findBrowser()

/** One worker: every journey starts the whole system, and two of those share two cores with its database. */
export default defineConfig({
  testDir: 'journeys',
  outputDir: 'test-results',
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    locale: 'en-US',
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    launchOptions: { executablePath: browser.executablePath, env: { ...process.env, ...browser.env } as Record<string, string> },
  },
})
