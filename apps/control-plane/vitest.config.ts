import { defineConfig } from 'vitest/config'
import { databaseProject } from '../../packages/testkit/src/db/vitest-project.ts'

export default defineConfig(databaseProject)
