import { defineConfig } from 'vitest/config'

/** The journeys (*.spec.ts) are Playwright's. */
export default defineConfig({ test: { include: ['crash/**/*.test.ts', 'several/**/*.test.ts', 'observed/**/*.test.ts', 'keeping/**/*.test.ts', 'webhooks/**/*.test.ts', 'waits/**/*.test.ts'], maxWorkers: 1, fileParallelism: false, testTimeout: 240_000, hookTimeout: 120_000 } })
