// Becomes one of our programs, built anew when it is stale: `node scripts/run.mjs sign-in`.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ROOT, install, requireNode } from './install.mjs'
import { turbo } from './turbo.mjs'

/** Programs that need no more than their own package built; the others are the control plane's, which needs all. */
const ALONE = { receiver: 'webhooks' }

/** Loads the program into this process, so that there is none between it and whoever sends signals. Options of the program stay in argv. */
export async function run(program) {
  requireNode()
  install()
  const dotEnv = path.join(ROOT, '.env')
  if (existsSync(dotEnv)) process.loadEnvFile(dotEnv)
  const alone = ALONE[program]
  const file = path.join(ROOT, ...(alone ? ['packages', alone] : ['apps', 'control-plane']), 'dist', `${program}.js`)
  if (!existsSync(file)) console.error('Building, this takes some seconds the first time …')
  if (turbo(['build', ...(alone ? [`--filter=@sluice/${alone}`] : [])]) !== 0) process.exit(1)
  process.setSourceMapsEnabled(true)
  await import(pathToFileURL(file).href)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [program = ''] = process.argv.splice(2, 1)
  await run(program)
}
