// Runs Prisma's command line without its native engine, which it would otherwise try to download: generating needs none,
// and for commands that touch migrations our stand-in takes its place. Arguments are passed on.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const entry = path.join(path.dirname(createRequire(import.meta.url).resolve('prisma/package.json')), 'build', 'index.js')
const env = {
  ...process.env,
  PRISMA_SCHEMA_ENGINE_BINARY: path.join(ROOT, 'scripts', 'schema-engine.mjs'),
  PRISMA_HIDE_UPDATE_MESSAGE: 'true',
  CHECKPOINT_DISABLE: '1',
}
const { status } = spawnSync(process.execPath, [entry, ...process.argv.slice(2), '--config', path.join(ROOT, '.config', 'prisma.ts')], { stdio: 'inherit', cwd: ROOT, env })
process.exit(status ?? 1)
