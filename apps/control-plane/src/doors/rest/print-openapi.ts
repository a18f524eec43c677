import { readFileSync, writeFileSync } from 'node:fs'
import { OPENAPI } from './routes.ts'

// Prints what clients may be generated from, without a server. --check only compares, and fails when the committed text is another.
const file = new URL('../../../openapi.json', import.meta.url)
const printed = `${JSON.stringify(OPENAPI, null, 2)}\n`

if (!process.argv.includes('--check')) writeFileSync(file, printed)
else if (readFileSync(file, 'utf8') !== printed) {
  process.stderr.write('apps/control-plane/openapi.json is stale: run `npm run print-openapi -w @sluice/control-plane`.\n')
  process.exitCode = 1
}
