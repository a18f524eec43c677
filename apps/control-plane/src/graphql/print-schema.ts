import { readFileSync, writeFileSync } from 'node:fs'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { schema } from './schema.ts'

// Prints what clients may rely on. --check only compares, and fails when the committed text is another.
const file = new URL('../../schema.graphql', import.meta.url)
const printed = `${printSchema(lexicographicSortSchema(schema))}\n`

if (!process.argv.includes('--check')) writeFileSync(file, printed)
else if (readFileSync(file, 'utf8') !== printed) {
  process.stderr.write('apps/control-plane/schema.graphql is stale: run `npm run print-schema -w @sluice/control-plane`.\n')
  process.exitCode = 1
}
