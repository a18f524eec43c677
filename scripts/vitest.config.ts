import { defineConfig } from 'vitest/config'
import { databaseProject } from '../packages/testkit/src/db/vitest-project.ts'

export default defineConfig({ test: { ...databaseProject.test, name: 'scripts', include: ['**/*.test.ts'], testTimeout: 60_000 } })
