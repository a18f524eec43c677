import { copyFileSync } from 'node:fs'
import path from 'node:path'
import { bundle } from '../../scripts/bundle.mjs'

const dir = new URL('./', import.meta.url)

await bundle({
  dir,
  entryPoints: { 'control-plane': 'src/main.ts', supervisor: 'src/supervisor/main.ts', 'sign-in': 'src/cli/sign-in.ts', token: 'src/cli/token.ts' },
})
// Started or loaded by their path, so they are files of their own.
for (const file of ['packages/db/src/embedded/watchdog.mjs', 'apps/control-plane/src/supervisor/end-with-supervisor.mjs']) {
  copyFileSync(new URL(`../../${file}`, dir), new URL(`dist/${path.basename(file)}`, dir))
}
