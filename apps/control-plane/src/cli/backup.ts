import { writeBackup, type WrittenBackup } from '@sluice/db/backup'
import { VERSION } from '../checkout.ts'
import { readConfig } from '../config.ts'
import { runProgram } from '../supervisor/refused.ts'
import { fileArgument } from './file-argument.ts'
import { KEPT_ELSEWHERE } from './keys-to-keep.ts'
import { withDatabase } from './with-database.ts'

const USAGE = 'npm run backup -- FILE   (--force replaces a FILE that is there)'

const stop = new AbortController()
// A second Ctrl-C ends it at once, as always.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())

/** `npm run backup -- FILE`: writes what Sluice holds at this instant to one file, beside a running system or a stopped one. */
await runProgram(async () => {
  const argument = fileArgument(USAGE, { mayForce: true })
  if (argument === null) return console.log(USAGE)
  await withDatabase(readConfig(), async ({ url }) => say(argument.file, await writeBackup({ url, sluice: VERSION, signal: stop.signal, ...argument })), { asItIs: true })
})

function say(file: string, { rows, bytes, madeAt }: WrittenBackup): void {
  const all = Object.values(rows).reduce((sum, count) => sum + count, 0)
  console.log(`${file} holds everything as of ${madeAt}: ${(rows['flow'] ?? 0).toLocaleString('en')} flows, ${all.toLocaleString('en')} rows, ${inMiB(bytes)} MiB.`)
  for (const line of KEPT_ELSEWHERE) console.error(line)
  console.error('It holds every input and result and the hashes of tokens, so it is readable by its owner only.')
}

function inMiB(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1)
}
