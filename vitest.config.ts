import { defineConfig } from 'vitest/config'

/** Every package's tests in one run. Two workers: the suite has to be quick on two cores, and the database needs its share. */
export default defineConfig({
  test: {
    projects: ['packages/*/vitest.config.ts', 'apps/*/vitest.config.ts', 'scripts/vitest.config.ts', 'e2e/vitest.config.ts'],
    maxWorkers: 2,
    passWithNoTests: true,
  },
})
