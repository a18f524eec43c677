// npm run generate: everything that is made from something else, in the order in which it follows.
import { spawnSync } from 'node:child_process'
import { install, ROOT } from './install.mjs'
import { turbo } from './turbo.mjs'

install()
const steps = [
  () => turbo(['client']),
  () => npm(['run', 'print-schema', '--workspace=@sluice/control-plane']),
  () => npm(['run', 'print-openapi', '--workspace=@sluice/control-plane']),
  () => npm(['run', 'generate', '--workspace=@sluice/dashboard']),
  () => npm(['exec', '--', 'tsx', 'scripts/print-configuration.ts']),
  () => npm(['exec', '--', 'tsx', 'scripts/checks/print-lifecycle.ts', '--write']),
  () => npm(['exec', '--', 'tsx', 'scripts/checks/print-metrics.ts', '--write']),
  () => npm(['exec', '--', 'tsx', 'scripts/checks/print-webhooks.ts', '--write']),
]
process.exitCode = steps.some(step => step() !== 0) ? 1 : 0

function npm(args) {
  return spawnSync('npm', ['--silent', ...args], { cwd: ROOT, stdio: 'inherit', shell: process.platform === 'win32' }).status ?? 1
}
