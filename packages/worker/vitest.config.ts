import { defineConfig } from 'vitest/config'

/** The examples are tests too: what the README shows has to run. */
export default defineConfig({ test: { include: ['test/**/*.test.ts', 'examples/**/*.test.ts'], maxWorkers: 2, testTimeout: 15_000 } })
