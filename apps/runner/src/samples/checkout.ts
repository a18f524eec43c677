/** Looking at files and staying where one belongs: below the checkout, never through a symbolic link, not into what is made or hidden. */
import { constants } from 'node:fs'
import { lstat, open, readdir, realpath, type FileHandle } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { BadInput } from './sample.ts'

export interface FoundFiles {
  /** Relative to the checkout, with slashes, sorted. */
  paths: string[]
  /** Symbolic links that were met and not followed. */
  links: number
}

const MADE = new Set(['node_modules', 'dist', 'generated', 'coverage', 'test-results', 'playwright-report'])
const isLeftOut = (name: string) => name.startsWith('.') || MADE.has(name)

/** Absolute path of a folder that is inside; throws BadInput. */
export async function folderInside(checkout: string, folder: string): Promise<string> {
  const root = await realpath(checkout)
  const wanted = resolve(root, folder)
  if (wanted !== root && !wanted.startsWith(root + sep)) throw new BadInput(`folder "${folder}" leads out of the checkout`)
  const leftOut = relative(root, wanted).split(sep).find(isLeftOut)
  if (leftOut) throw new BadInput(`folder "${folder}" is below "${leftOut}", which is left out`)
  const real = await realpath(wanted).catch(() => null)
  if (real === null || !(await lstat(wanted)).isDirectory() && real === wanted) throw new BadInput(`there is no folder "${folder}" in the checkout`)
  if (real !== wanted) throw new BadInput(`folder "${folder}" goes through a symbolic link`)
  return wanted
}

export async function filesBelow(checkout: string, folder: string): Promise<FoundFiles> {
  const root = await realpath(checkout)
  const found: FoundFiles = { paths: [], links: 0 }
  const pending = [folder]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true })) {
      if (isLeftOut(entry.name)) continue
      if (entry.isSymbolicLink()) found.links++
      else if (entry.isDirectory()) pending.push(join(next, entry.name))
      else if (entry.isFile()) found.paths.push(relative(root, join(next, entry.name)).split(sep).join('/'))
    }
  }
  found.paths.sort()
  return found
}

/** What a file holds, piece by piece; null when it cannot be read. A file that became a link since it was found is not followed. */
export async function contentOf(checkout: string, path: string): Promise<AsyncIterable<Buffer> | null> {
  const file = await open(join(checkout, path), constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => null)
  return file && pieces(file)
}

const pieces = (file: FileHandle): AsyncIterable<Buffer> => file.createReadStream() as AsyncIterable<Buffer>
