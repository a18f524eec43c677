#!/usr/bin/env node
// Stands in for Prisma's native schema engine, which is downloaded from a place that is often out of reach: the same engine as WebAssembly,
// from npm, behind the same command line and the same JSON-RPC over stdin and stdout. For development only: the server applies its
// migrations itself (packages/db/src/migrate.ts). `introspectSql` (TypedSQL) does not work in it.
import { readFileSync } from 'node:fs'
import { answerRequests } from './schema-engine/answer-requests.mjs'
import { connectionOf, createDatabase, ping } from './schema-engine/database.mjs'
import { openEngine } from './schema-engine/open-engine.mjs'

const args = process.argv.slice(2)
const connection = connectionOf(JSON.parse(option('--datasource')[0] ?? '{}').url)

if (args.includes('--version')) console.log('schema-engine-cli wasm')
else if (args.includes('cli')) await runCommand(args[args.indexOf('cli') + 1])
else await answerRequests(openEngine({ connection, datamodels: option('--datamodels').map(file => [file, readFileSync(file, 'utf8')]) }))

function option(name) {
  return args.flatMap((arg, i) => (arg === name ? [args[i + 1]] : []))
}

/** One-shot commands report failure as the native engine logs it: a first line that is skipped, then the error. */
async function runCommand(command) {
  try {
    await (command === 'create-database' ? createDatabase(connection) : ping(connection))
  } catch (error) {
    const code = error.code === '3D000' ? 'P1003' : 'P1001'
    const lines = [{ level: 'INFO', fields: { message: '' } }, { level: 'ERROR', target: 'schema_engine::logger', fields: { error_code: code, message: error.message } }]
    process.stderr.write(lines.map(line => `${JSON.stringify(line)}\n`).join(''))
    process.exit(1)
  }
}
