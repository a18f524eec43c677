// What must be there before anything of ours can run: a Node that is new enough, and the packages of the lock file.
// Plain JavaScript with nothing but Node's own modules, because on a fresh clone there is nothing else.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../', import.meta.url))

const OLDEST_NODE = [20, 19]

/** Ends the process with a sentence when Node is too old. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return
  console.error(`Sluice needs Node ${OLDEST_NODE.join('.')} or newer, and this is ${process.version}: see https://nodejs.org.`)
  process.exit(1)
}

/** Installs what the lock file names and node_modules lacks. Silent and instant when there is nothing to do. */
export function install() {
  if (isInstalled()) return
  const fresh = !existsSync(path.join(ROOT, 'node_modules'))
  console.error(fresh ? 'Installing packages, this takes a minute the first time …' : 'Installing packages that changed …')
  // Not `npm ci`: that wants every platform's optional packages in the lock file, and a registry behind a firewall may not have them all.
  const status = npm(['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'])
  if (status === 0) return
  console.error('Installing the packages failed; npm says why above.')
  process.exit(1)
}

/** npm's own record of what it installed, compared with the lock file, package by package. Optional ones depend on the platform. */
function isInstalled() {
  const wanted = read('package-lock.json')
  const present = read('node_modules/.package-lock.json')
  if (wanted === null || present === null) return false
  const needed = Object.entries(wanted.packages).filter(([where, each]) => where.includes('node_modules/') && !each.optional && !each.peer)
  return needed.every(([where, each]) => present.packages[where]?.version === each.version)
}

function read(file) {
  try {
    return JSON.parse(readFileSync(path.join(ROOT, file), 'utf8'))
  } catch {
    return null
  }
}

/** The npm that started us, where one did; on Windows it is a script that only a shell can find. */
function npm(args) {
  const own = process.env.npm_execpath
  const options = { cwd: ROOT, stdio: 'inherit' }
  const { status } = own?.endsWith('.js') ? spawnSync(process.execPath, [own, ...args], options) : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' })
  return status ?? 1
}
