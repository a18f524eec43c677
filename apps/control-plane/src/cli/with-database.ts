import { isEmbeddedFolder } from '@sluice/db/embedded'
import { migrate } from '@sluice/db/migrate'
import { MIGRATIONS } from '../checkout.ts'
import { withPort, type Config } from '../config.ts'
import { dataFolder, readRunFile } from '../supervisor/data-folder.ts'
import { requireReachable, startDatabase } from '../supervisor/database.ts'
import { Refused } from '../supervisor/refused.ts'

type Verb = (o: { url: string; config: Config; running: boolean }) => Promise<void>

/**
 * Runs a verb against the database of this configuration: the one of DATABASE_URL, or the embedded one of a running server, or, when
 * none runs, the embedded one started for as long as the verb takes. `config` is told the address of the running server.
 * Refused, with nothing made, where no Sluice has run yet: a verb beside the wrong folder must not begin a second one.
 * It is migrated first, unless the verb takes it as it is.
 */
export async function withDatabase(config: Config, verb: Verb, o: { asItIs: boolean } = { asItIs: false }): Promise<void> {
  const ready = (url: string) => (o.asItIs ? Promise.resolve([]) : migrate(url, MIGRATIONS))
  const folder = dataFolder(config.dataDir)
  const run = readRunFile(folder)
  const told = run === null ? config : { ...withPort(config, config.port), address: run.address }
  if (config.databaseUrl !== null) {
    await requireReachable(config.databaseUrl)
    await ready(config.databaseUrl)
    return verb({ url: config.databaseUrl, config: told, running: run !== null })
  }
  if (run?.databaseUrl != null) return verb({ url: run.databaseUrl, config: told, running: true })
  if (!isEmbeddedFolder(folder.postgres)) throw new Refused(`No Sluice has run in ${folder.dir} yet: run npm start, or set SLUICE_DATA_DIR to the folder of the one you mean.`)
  const database = await startDatabase(folder)
  try {
    await ready(database.url)
    await verb({ url: database.url, config: told, running: false })
  } finally {
    await database.stop()
  }
}
