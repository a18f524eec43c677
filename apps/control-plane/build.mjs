import { copyFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundle } from '../../scripts/bundle.mjs'

const dir = new URL('./', import.meta.url)
/** Another folder than dist/, for a test that must not run what somebody else is building. */
const [, , folder] = process.argv
const into = folder === undefined ? new URL('dist/', dir) : pathToFileURL(`${folder}/`)

await bundle({
  dir,
  into,
  entryPoints: {
    'control-plane': 'src/main.ts', supervisor: 'src/supervisor/main.ts', 'sign-in': 'src/cli/sign-in.ts', token: 'src/cli/token.ts',
    backup: 'src/cli/backup.ts', restore: 'src/cli/restore.ts',
  },
})
// Started or loaded by their path, so they are files of their own.
for (const file of ['packages/db/src/embedded/watchdog.mjs', 'apps/control-plane/src/supervisor/end-with-supervisor.mjs']) {
  copyFileSync(new URL(`../../${file}`, dir), new URL(path.basename(file), into))
}
