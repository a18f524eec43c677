import { defineConfig } from 'vitest/config'
import { databaseProject } from '../testkit/src/db/vitest-project.ts'

export default defineConfig(databaseProject)
