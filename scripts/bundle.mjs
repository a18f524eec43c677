// Bundles a program of ours for Node: workspace packages go in, npm packages stay outside and are found in node_modules.
import { rmSync } from 'node:fs'
import { build } from 'esbuild'

const npmStaysOutside = {
  name: 'npm-stays-outside',
  setup(bundler) {
    bundler.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => (kind === 'entry-point' || path.startsWith('@sluice/') ? undefined : { path, external: true }))
  },
}

/** `entryPoints` names the programs: output name → source file, relative to `dir`, a file URL; the result is in its dist/. */
export async function bundle({ dir, entryPoints }) {
  rmSync(new URL('dist', dir), { recursive: true, force: true })
  await build({
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
    plugins: [npmStaysOutside],
  })
}
