import { build } from 'vite'
import { expect, test } from 'vitest'
import { firstPageLimit } from './first-page-weight.ts'

/** One that gzip cannot make smaller. */
const heavy = (seed: number) => `export default ${JSON.stringify(Array.from({ length: 1_000 }, (_, n) => ((n + 1) * seed * 2_654_435_761) % 4_294_967_296).join(' '))}`
const FILES: Record<string, string> = {
  entry: `import one from 'one'; console.log(one); import('later').then(({ default: later }) => console.log(later))`, one: heavy(3), later: heavy(7),
}

const built = (most: number) => build({
  configFile: false, logLevel: 'silent',
  plugins: [{ name: 'files', resolveId: id => (id in FILES ? id : null), load: id => FILES[id] ?? null }, firstPageLimit(most)],
  build: { write: false, rollupOptions: { input: 'entry' } },
})

test('a build whose first page is too heavy fails, and what is loaded later does not count', async () => {
  await expect(built(8_000)).resolves.toBeDefined()
  await expect(built(1_000)).rejects.toThrow(/The first page loads \d{4} bytes of script \(gzipped\), and may load 1000\./)
})
