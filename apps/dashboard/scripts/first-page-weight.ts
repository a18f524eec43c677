import { gzipSync } from 'node:zlib'
import type { Plugin, Rollup } from 'vite'

/** Of script, gzipped, in bytes: what a first visit waits for. */
const MOST = 250_000

/** What a page loads before it shows anything: its own script, and what that imports, over all steps; nothing that is loaded when it is opened. */
export function firstPageWeight(bundle: Rollup.OutputBundle): number {
  const chunks = Object.values(bundle).filter(each => each.type === 'chunk')
  const byName = new Map(chunks.map(chunk => [chunk.fileName, chunk]))
  const first = new Set(chunks.filter(({ isEntry }) => isEntry))
  // A set that grows is walked to its end.
  for (const { imports } of first) imports.flatMap(name => byName.get(name) ?? []).forEach(chunk => first.add(chunk))
  return [...first].reduce((sum, { code }) => sum + gzipSync(code).length, 0)
}

/** Fails a build whose first page is too heavy. */
export const firstPageLimit = (most = MOST): Plugin => ({
  name: 'first-page-limit',
  apply: 'build',
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      const weight = firstPageWeight(bundle)
      if (weight > most) this.error(`The first page loads ${weight} bytes of script (gzipped), and may load ${most}. Load what is not seen at once when it is opened: import().`)
    },
  },
})
