import { bundle } from '../../scripts/bundle.mjs'

await bundle({ dir: new URL('./', import.meta.url), entryPoints: { runner: 'src/main.ts' } })
