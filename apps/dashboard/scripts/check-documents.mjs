// The committed schema types are current, and every document in the sources fits the schema.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const committed = 'src/graphql/schema-types.d.ts'
const folder = mkdtempSync(join(tmpdir(), 'sluice-documents-'))
const fresh = join(folder, 'schema-types.d.ts')
const run = args => execFileSync('gql.tada', args, { stdio: 'inherit', shell: process.platform === 'win32' })

try {
  run(['generate-output', '--output', fresh])
  if (readFileSync(fresh, 'utf8') !== readFileSync(committed, 'utf8')) {
    console.error(`${committed} does not fit apps/control-plane/schema.graphql: npm run generate -w @sluice/dashboard`)
    process.exitCode = 1
  }
  run(['check'])
} finally {
  rmSync(folder, { recursive: true, force: true })
}
