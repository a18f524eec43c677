// Bundles a program of ours for Node: workspace packages go in, npm packages stay outside and are found in node_modules.
import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'

const npmStaysOutside = {
  name: 'npm-stays-outside',
  setup(bundler) {
    bundler.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => (kind === 'entry-point' || path.startsWith('@sluice/') ? undefined : { path, external: true }))
  },
}

/** `entryPoints` names the programs: output name → source file, relative to `dir`, a file URL; the result is in its dist/. */
export async function bundle({ dir, entryPoints }) {
  const { metafile } = await build({
    absWorkingDir: new URL(dir).pathname.replace(/^\/(?=[A-Za-z]:)/, ''),
    entryPoints,
    outdir: 'dist',
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
    metafile: true,
    plugins: [npmStaysOutside],
  })
  sweep(new URL('dist/', dir), Object.keys(metafile.outputs).map(file => path.basename(file)))
}

/** What an earlier build left goes after the new one is there: a program that runs meanwhile never finds its own file missing. */
function sweep(dist, kept) {
  for (const file of readdirSync(dist)) if (/\.js(\.map)?$/.test(file) && !kept.includes(file)) rmSync(new URL(file, dist))
}
