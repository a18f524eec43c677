import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where things lie, whether we run from source or from the bundle: the checkout is the nearest folder above that has the migrations. */
export const CHECKOUT = findCheckout(path.dirname(fileURLToPath(import.meta.url)))
export const MIGRATIONS = path.join(CHECKOUT, 'prisma', 'migrations')
export const DASHBOARD = path.join(CHECKOUT, 'apps', 'dashboard', 'dist')
export const CONTROL_PLANE_PROGRAM = path.join(CHECKOUT, 'apps', 'control-plane', 'dist', 'control-plane.js')
export const RUNNER_PROGRAM = path.join(CHECKOUT, 'apps', 'runner', 'dist', 'runner.js')

/** As in the checkout's package.json. */
export const VERSION = (JSON.parse(readFileSync(path.join(CHECKOUT, 'package.json'), 'utf8')) as { version: string }).version

function findCheckout(dir: string): string {
  if (existsSync(path.join(dir, 'prisma', 'migrations'))) return dir
  if (path.dirname(dir) === dir) throw new Error('The folder prisma/migrations is missing: this is no complete checkout of Sluice.')
  return findCheckout(path.dirname(dir))
}
