// Runs tasks of the packages through turbo, which skips those whose inputs did not change. It reports to nobody.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from './install.mjs'

const QUIET = { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1' }

/** Resolves the tasks named, in order; output appears only of those that fail. Returns the exit code. */
export function turbo(tasks, { quiet = true } = {}) {
  const args = [path.join(ROOT, 'node_modules', 'turbo', 'bin', 'turbo'), 'run', ...tasks, '--output-logs=errors-only', '--ui=stream']
  const shown = spawnSync(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...QUIET }, encoding: 'utf8', stdio: quiet ? 'pipe' : 'inherit' })
  if (quiet && shown.status !== 0) console.error(`${shown.stdout}${shown.stderr}`)
  return shown.status ?? 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(turbo(process.argv.slice(2), { quiet: false }))
