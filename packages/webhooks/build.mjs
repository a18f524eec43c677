import { bundle } from '../../scripts/bundle.mjs'

await bundle({ dir: new URL('./', import.meta.url), entryPoints: { receiver: 'src/receiver/main.ts' } })
