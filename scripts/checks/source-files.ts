import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { REPOSITORY } from './report.ts'

const SKIPPED = new Set(['node_modules', 'dist', 'generated', '.turbo', '.sluice', '.git', 'screenshots', 'test-results'])

/** Files of the repository below the given folders whose path fits, as paths from its root. */
export async function sourceFiles(folders: string[], fits: (path: string) => boolean): Promise<string[]> {
  const found = await Promise.all(folders.map(folder => below(join(REPOSITORY, folder))))
  return found.flat().map(path => relative(REPOSITORY, path).replaceAll('\\', '/')).filter(fits).sort()
}

async function below(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const parts = entries.filter(one => !SKIPPED.has(one.name)).map(one => {
    const path = join(folder, one.name)
    return one.isDirectory() ? below(path) : Promise.resolve([path])
  })
  return (await Promise.all(parts)).flat()
}

export const isTest = (path: string): boolean => /\.(test|spec)\.tsx?$/.test(path)
