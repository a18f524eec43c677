import { setAsideOtherMajor } from '@sluice/db/embedded'
import type { Config } from '../config.ts'
import { dataFolder, leave, take } from '../supervisor/data-folder.ts'
import { requireReachable, startDatabase } from '../supervisor/database.ts'

/**
 * Runs a verb against the database that this configuration would use, started and made where it is the embedded one, and stopped afterwards. No
 * start can take the folder meanwhile. Files of another major version of PostgreSQL make room for new ones; they are kept, and `say` tells where.
 */
export async function withEmptyDatabase(config: Config, o: { verb(url: string): Promise<void>; say(line: string): void }): Promise<void> {
  if (config.databaseUrl !== null) {
    await requireReachable(config.databaseUrl)
    return o.verb(config.databaseUrl)
  }
  const folder = dataFolder(config.dataDir)
  await take(folder)
  try {
    const aside = setAsideOtherMajor(folder.postgres)
    if (aside !== null) o.say(`The files of the other PostgreSQL are now in ${aside}: remove them when all is well.`)
    const database = await startDatabase(folder)
    try {
      await o.verb(database.url)
    } finally {
      await database.stop()
    }
  } finally {
    leave(folder)
  }
}
