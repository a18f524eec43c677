import { existsSync, readFileSync, rmSync } from 'node:fs'
import { openPool } from '@sluice/db'
import { readBackup, refuseOccupied, refuseOtherVersion, restoreBackup } from '@sluice/db/backup'
import { migrate } from '@sluice/db/migrate'
import { authenticateToken, settleRestored, type Settled } from '@sluice/engine'
import { MIGRATIONS } from '../checkout.ts'
import { readConfig, type Config } from '../config.ts'
import { dataFolder } from '../supervisor/data-folder.ts'
import { runProgram } from '../supervisor/refused.ts'
import { fileArgument } from './file-argument.ts'
import { GIVEN_FIRST } from './keys-to-keep.ts'
import { withEmptyDatabase } from './with-empty-database.ts'

const USAGE = 'npm run restore -- FILE   (into the empty database of DATABASE_URL, or into a new data folder)'

const AFTERWARDS = [
  GIVEN_FIRST,
  'Tokens are, by their hashes: workers and scripts come in with those they have, and what was revoked after the backup must be revoked again.',
  'Everybody signs in to the dashboard anew: npm start prints a link.',
]

/** `npm run restore -- FILE`: fills an empty database of the same version. The whole file and the database are checked before anything is made or written. */
await runProgram(async () => {
  const argument = fileArgument(USAGE, { mayForce: false })
  if (argument === null) return console.log(USAGE)
  const { file } = argument
  const config = readConfig()
  refuseOtherVersion(file, (await readBackup(file)).header, MIGRATIONS)
  await withEmptyDatabase(config, { verb: url => restore({ url, file, config }), say: line => console.error(line) })
})

async function restore(o: { url: string; file: string; config: Config }): Promise<void> {
  await refuseOccupied(o.url)
  await migrate(o.url, MIGRATIONS)
  const done: Settled[] = []
  const { header, rows } = await restoreBackup({
    ...o,
    settle: async (tx, { madeAt, sluice }) => void done.push(await settleRestored(tx, { madeAt: new Date(madeAt), sluice })),
  })
  await forgetAdminToken(o)
  console.log(`Restored ${(rows['flow'] ?? 0).toLocaleString('en')} flows as of ${header.madeAt}.`)
  for (const settled of done) console.log(whatBecame(settled))
  for (const line of AFTERWARDS) console.error(line)
}

function whatBecame({ queuedAgain, failed, cancelled }: Settled): string {
  if (queuedAgain + failed + cancelled === 0) return 'None of them was running then.'
  const told = `Of those that were running then, ${queuedAgain} are queued again, ${cancelled} ended as cancelled and ${failed} failed as worker_lost`
  return failed === 0 ? `${told}.` : `${told}: they may not run twice, and whether they were done is not in the file.`
}

/** The token that scripts find in this folder may be of another life; the next start then writes one that works. */
async function forgetAdminToken({ url, config }: { url: string; config: Config }): Promise<void> {
  const { adminToken } = dataFolder(config.dataDir)
  if (!existsSync(adminToken)) return
  const pool = openPool({ url, max: 1, log: () => undefined })
  try {
    const known = await authenticateToken(pool, readFileSync(adminToken, 'utf8').trim())
    if (known === undefined) rmSync(adminToken)
  } finally {
    await pool.end()
  }
}
