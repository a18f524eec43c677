import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'
import { databaseProject } from '../../packages/testkit/src/db/vitest-project.ts'

// graphql comes as two copies, and Vite would take the other one for our files than Node takes for its dependents.
const graphql = createRequire(import.meta.url).resolve('graphql')

export default defineConfig({ ...databaseProject, resolve: { alias: [{ find: /^graphql$/, replacement: graphql }] } })
