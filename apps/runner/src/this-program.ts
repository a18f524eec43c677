import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What starts this program again, whether it is a bundle or run from its sources. */
export const thisProgram = (): string[] => [process.execPath, ...process.execArgv, process.argv[1] ?? '']

/** The folder that the samples may look at: the nearest one above this program that holds a workspace. */
export function findCheckout(from = dirname(process.argv[1] ?? process.cwd())): string {
  if (isWorkspace(from)) return from
  const above = dirname(from)
  return above === from ? process.cwd() : findCheckout(above)
}

function isWorkspace(folder: string): boolean {
  try {
    return 'workspaces' in (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object)
  } catch {
    return false
  }
}
