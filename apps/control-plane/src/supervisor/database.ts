import { createWriteStream, mkdirSync } from 'node:fs'
import path from 'node:path'
import { startEmbedded, signal } from '@sluice/db/embedded'
import pg from 'pg'
import type { DataFolder } from './data-folder.ts'
import type { Running } from './keep-running.ts'
import { Refused } from './refused.ts'

/** Starts the embedded database of the folder; its log goes beside the others. */
export async function startDatabase(folder: DataFolder): Promise<Running & { url: string }> {
  const logFile = path.join(folder.logs, 'postgres.log')
  mkdirSync(folder.logs, { recursive: true, mode: 0o700 })
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 })
  const server = await startEmbedded({ dir: folder.postgres, log: line => void log.write(`${line}\n`) }).catch((error: unknown) => {
    log.end()
    throw error
  })
  const ended = server.exited.then(() => (log.end(), `see ${logFile}`))
  return { url: server.url, pid: server.pid, ended, stop: () => server.stop(), kill: () => signal(server.pid, 'SIGQUIT') }
}

/** Refuses with one sentence when the server of DATABASE_URL does not answer or does not let us in. */
export async function requireReachable(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    throw new Refused(`The database of DATABASE_URL at ${whereIs(url)} cannot be used: ${reasonOf(error)}.`)
  } finally {
    await client.end().catch(() => undefined)
  }
}

function whereIs(url: string): string {
  const { hostname, port, pathname } = new URL(url)
  return `${hostname}:${port === '' ? '5432' : port}${pathname}`
}

/** A name with several addresses fails with one error for each, and an empty message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}
