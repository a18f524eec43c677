import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import pg from 'pg'
import { account } from './account.ts'
import { findBinaries } from './binaries.ts'
import { clusterIn, ensureCluster, hasCluster, setAside, type Cluster } from './cluster.ts'
import { claim, disclaim } from './ownership.ts'
import { launch, reapOrphan, stopPostmaster, watch, type Postmaster } from './postmaster.ts'

export interface EmbeddedOptions {
  /** The database's folder; made when absent. One process at a time. */
  dir: string
  /** Receives PostgreSQL's log, line by line. */
  log(line: string): void
  /** Further server settings, such as `fsync=off`. Default: none. */
  settings?: string[]
  /** Remove the folder after the end, even when this process is killed: for tests. Default: false. */
  temporary?: boolean
}

export interface Embedded {
  url: string
  pid: number
  port: number
  /** Ends the server: fast, and without waiting for those still connected. */
  stop(): Promise<void>
  /** Resolves when the server has ended, by whatever cause. */
  exited: Promise<void>
}

const DATABASE = 'sluice'

/** Whether a database was ever made in the folder; nothing is made or started. */
export const isEmbeddedFolder = (dir: string): boolean => hasCluster(clusterIn(dir))

/** Makes room in a folder whose database is of another major version than the one installed; answers where its files are now, null where there are none. */
export const setAsideOtherMajor = (dir: string): string | null => setAside(clusterIn(dir), findBinaries(account()).major)

/**
 * Runs PostgreSQL on a folder and resolves when it accepts connections; its database is named `sluice`.
 * It ends with this process, even when that is killed. A server that an earlier run left behind is ended first.
 * Throws EmbeddedUnavailable (no binaries, no start), FolderInUse or MajorDiffers.
 */
export async function startEmbedded(o: EmbeddedOptions): Promise<Embedded> {
  const cluster = clusterIn(o.dir)
  const runAs = account()
  const binaries = findBinaries(runAs)
  mkdirSync(cluster.dir, { recursive: true, mode: 0o700 })
  await claim(cluster)
  try {
    await ensureCluster(cluster, { binaries, account: runAs })
    await reapOrphan(cluster.data, o.log)
    const port = await choosePort(cluster)
    const server = await launch({ data: cluster.data, binaries, account: runAs, port, settings: o.settings ?? [], log: o.log })
    return await opened(cluster, { server, port, temporary: o.temporary ?? false })
  } catch (error) {
    disclaim(cluster)
    throw error
  }
}

async function opened(cluster: Cluster, o: { server: Postmaster; port: number; temporary: boolean }): Promise<Embedded> {
  const { pid } = o.server
  const dog = watch({ data: cluster.data, pid, removeDir: o.temporary ? cluster.dir : undefined })
  const exited = o.server.exited.then(() => {
    disclaim(cluster)
    dog.stdin?.end()
  })
  await ensureDatabase(urlOf(cluster, { port: o.port, database: 'postgres' }))
  const stop = async () => {
    await stopPostmaster(pid)
    await exited
  }
  return { url: urlOf(cluster, { port: o.port, database: DATABASE }), pid, port: o.port, stop, exited }
}

function urlOf(cluster: Cluster, o: { port: number; database: string }): string {
  return `postgresql://postgres:${readFileSync(cluster.passwordFile, 'utf8')}@127.0.0.1:${o.port}/${o.database}`
}

async function ensureDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`)
  } finally {
    await client.end()
  }
}

/** The port of last time while it is free, so that those who know it find the server again after a restart. */
async function choosePort(cluster: Cluster): Promise<number> {
  const remembered = existsSync(cluster.portFile) ? Number(readFileSync(cluster.portFile, 'utf8')) : 0
  const port = (await tryListen(remembered)) ?? (await tryListen(0)) ?? 0
  writeFileSync(cluster.portFile, String(port), { mode: 0o600 })
  return port
}

function tryListen(port: number): Promise<number | null> {
  return new Promise((done) => {
    const probe = createServer()
    probe.once('error', () => done(null))
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : null))
    })
  })
}
