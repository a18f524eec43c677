// Becomes one of the control plane's programs, built anew when it is stale: `node scripts/run.mjs sign-in`.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ROOT, install, requireNode } from './install.mjs'
import { turbo } from './turbo.mjs'

/** Loads the program into this process, so that there is none between it and whoever sends signals. Options of the program stay in argv. */
export async function run(program) {
  requireNode()
  install()
  const dotEnv = path.join(ROOT, '.env')
  if (existsSync(dotEnv)) process.loadEnvFile(dotEnv)
  const file = path.join(ROOT, 'apps', 'control-plane', 'dist', `${program}.js`)
  if (!existsSync(file)) console.error('Building, this takes some seconds the first time …')
  if (turbo(['build']) !== 0) process.exit(1)
  process.setSourceMapsEnabled(true)
  await import(pathToFileURL(file).href)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [program = ''] = process.argv.splice(2, 1)
  await run(program)
}
