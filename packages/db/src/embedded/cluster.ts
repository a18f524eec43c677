import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import { EmbeddedUnavailable, MajorDiffers } from './errors.ts'

/** What the folder of an embedded database holds: PostgreSQL's own files, and beside them what we remember about them. */
export interface Cluster {
  dir: string
  data: string
  passwordFile: string
  portFile: string
  ownerFile: string
}

const HALF_MADE = 'data.new-'

export const clusterIn = (dir: string): Cluster => ({
  dir,
  data: path.join(dir, 'data'),
  passwordFile: path.join(dir, 'password'),
  portFile: path.join(dir, 'port'),
  ownerFile: path.join(dir, 'owner.json'),
})

/**
 * How a program run as `account` is told about a folder: it starts inside it, and Linux lets it name that place
 * without walking there, so that folders above which only root may enter (0700) do not matter.
 */
export function placed(dir: string, account: Account): { argument: string; options: { cwd: string; uid?: number; gid?: number } } {
  if (account === null) return { argument: dir, options: { cwd: dir } }
  return { argument: process.platform === 'linux' ? '/proc/self/cwd' : dir, options: { cwd: dir, ...account } }
}

/** Whether a database was ever made in this folder. */
export const hasCluster = ({ data }: Cluster): boolean => existsSync(path.join(data, 'PG_VERSION'))

/** Makes the database's files when there are none; refuses those of another major version. */
export async function ensureCluster(cluster: Cluster, o: { binaries: Binaries; account: Account }): Promise<void> {
  await sweepHalfMade(cluster)
  if (!hasCluster(cluster)) await create(cluster, o)
  const found = readFileSync(path.join(cluster.data, 'PG_VERSION'), 'utf8').trim()
  if (found !== o.binaries.major) throw new MajorDiffers({ dir: cluster.dir, found, installed: o.binaries.major })
}

/** Moves the files of another major version out of the way, where there are such; answers where to. Nothing may run on them. */
export function setAside(cluster: Cluster, installed: string): string | null {
  if (!hasCluster(cluster)) return null
  const found = readFileSync(path.join(cluster.data, 'PG_VERSION'), 'utf8').trim()
  if (found === installed) return null
  const names = Array.from({ length: 100 }, (_, nth) => `${cluster.data}.${found}${nth === 0 ? '' : `-${nth}`}`)
  const aside = names.find(name => !existsSync(name))
  if (aside === undefined) throw new MajorDiffers({ dir: cluster.dir, found, installed })
  renameSync(cluster.data, aside)
  return aside
}

/** Made aside and then renamed: a process killed half-way leaves nothing that looks like a database. */
async function create(cluster: Cluster, o: { binaries: Binaries; account: Account }): Promise<void> {
  const aside = mkdtempSync(path.join(cluster.dir, HALF_MADE))
  if (o.account !== null) chownSync(aside, o.account.uid, o.account.gid)
  const password = ensurePassword(cluster)
  await initdb(aside, { ...o, password })
  try {
    renameSync(aside, cluster.data)
  } catch (error) {
    rmSync(aside, { recursive: true, force: true })
    if (!hasCluster(cluster)) throw error
  }
}

/**
 * An initdb that outlived its killed parent may still be writing: removing its files is tried for some seconds, and ends it.
 * What still cannot be removed is in nobody's way, because the next one gets a name of its own; a later start sweeps it.
 */
async function sweepHalfMade(cluster: Cluster): Promise<void> {
  const left = readdirSync(cluster.dir).filter((name) => name.startsWith(HALF_MADE))
  const remove = (name: string) => rm(path.join(cluster.dir, name), { recursive: true, force: true, maxRetries: 6, retryDelay: 100 })
  await Promise.allSettled(left.map(remove))
}

/** The password outlives a half-made cluster, so that two processes which both make one agree on it. */
function ensurePassword(cluster: Cluster): string {
  try {
    writeFileSync(cluster.passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(cluster.passwordFile, 'utf8')
}

async function initdb(dir: string, o: { binaries: Binaries; account: Account; password: string }): Promise<void> {
  // The password goes through a file of its own, in a place that the other user can walk to.
  const handover = mkdtempSync(path.join(tmpdir(), 'sluice-initdb-'))
  const file = path.join(handover, 'password')
  writeFileSync(file, `${o.password}\n`, { mode: 0o600 })
  if (o.account !== null) for (const each of [handover, file]) chownSync(each, o.account.uid, o.account.gid)
  const { argument, options } = placed(dir, o.account)
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  try {
    await run(o.binaries.initdb, ['-D', argument, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${file}`, ...locale], options)
  } finally {
    rmSync(handover, { recursive: true, force: true })
  }
}

async function run(program: string, args: string[], options: { cwd: string; uid?: number; gid?: number }): Promise<void> {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (part) => (said += String(part)))
  const code = await new Promise((done, fail) => child.once('error', fail).once('close', done))
  if (code !== 0) throw new EmbeddedUnavailable(`PostgreSQL could not make its files in ${options.cwd}: ${said.trim()}`)
}
