import { createHash } from 'node:crypto'
import { contentOf, filesBelow, folderInside } from './checkout.ts'
import { textOf, type Sample } from './sample.ts'

/** More would be a result that nobody reads; the digest over all of them is in it anyway. */
const SHOWN = 500

/** SHA-256 of every file below a folder, and of the whole listing (as `sha256sum` prints it, sorted by path). */
export const digest: Sample = async ({ place, input, progress, pace }) => {
  const name = textOf(input, 'folder', '.')
  const folder = await folderInside(place, name)
  const { paths, links } = await filesBelow(place, folder)
  const entries: { path: string; sha256: string; bytes: number }[] = []
  let unreadable = 0
  for (const [i, path] of paths.entries()) {
    const entry = await digestOf(place, path)
    if (entry) entries.push(entry)
    else unreadable++
    progress((100 * (i + 1)) / paths.length, `${i + 1} of ${paths.length} files`)
    await pace(i + 1, paths.length)
  }
  await pace(1, 1)
  const listing = entries.map(entry => `${entry.sha256}  ${entry.path}\n`).join('')
  return {
    folder: name, files: entries.length, bytes: entries.reduce((sum, entry) => sum + entry.bytes, 0),
    sha256: createHash('sha256').update(listing).digest('hex'), linksNotFollowed: links, unreadable, entries: entries.slice(0, SHOWN),
  }
}

async function digestOf(checkout: string, path: string) {
  const content = await contentOf(checkout, path)
  if (!content) return null
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of content) {
    hash.update(piece)
    bytes += piece.length
  }
  return { path, sha256: hash.digest('hex'), bytes }
}
