import { fileURLToPath } from 'node:url'

/** What a package writes into its vitest.config.ts: its tests, with a real PostgreSQL behind `cloneDatabase`. */
export const databaseProject = {
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: [fileURLToPath(new URL('./global-setup.ts', import.meta.url))],
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
}

/** The same for a package whose tests need no database. */
export const plainProject = { test: { include: ['src/**/*.test.ts', 'test/**/*.test.ts'], maxWorkers: 2 } }
