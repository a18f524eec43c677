import { migrate } from '@sluice/db/migrate'
import { MIGRATIONS } from '../checkout.ts'
import { withPort, type Config } from '../config.ts'
import { dataFolder, readRunFile } from '../supervisor/data-folder.ts'
import { requireReachable, startDatabase } from '../supervisor/database.ts'

/**
 * Runs a verb against the database of this configuration: the one of DATABASE_URL, or the embedded one of a running server, or, when
 * none runs, the embedded one started for as long as the verb takes. `config` is told the address of the running server.
 */
export async function withDatabase(config: Config, verb: (o: { url: string; config: Config; running: boolean }) => Promise<void>): Promise<void> {
  const run = readRunFile(dataFolder(config.dataDir))
  const told = run === null ? config : { ...withPort(config, config.port), address: run.address }
  if (config.databaseUrl !== null) return withServer(config.databaseUrl, url => verb({ url, config: told, running: run !== null }))
  if (run?.databaseUrl != null) return verb({ url: run.databaseUrl, config: told, running: true })
  const database = await startDatabase(dataFolder(config.dataDir))
  try {
    await migrate(database.url, MIGRATIONS)
    await verb({ url: database.url, config: told, running: false })
  } finally {
    await database.stop()
  }
}

async function withServer(url: string, verb: (url: string) => Promise<void>): Promise<void> {
  await requireReachable(url)
  await migrate(url, MIGRATIONS)
  await verb(url)
}
