import { defineConfig } from 'vitest/config'
import { plainProject } from '../testkit/src/db/vitest-project.ts'

export default defineConfig(plainProject)
