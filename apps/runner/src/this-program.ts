import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where `sluice` is, for the PATH of commands; beside the sources as beside what is built of them. */
export const BIN = fileURLToPath(new URL('../bin', import.meta.url))

/** What starts this program again. Only sources need the flags that this one was started with; a bundle's are about its supervisor. */
export function thisProgram(): string[] {
  const file = process.argv[1] ?? ''
  return [process.execPath, ...(file.endsWith('.ts') ? process.execArgv : []), file]
}

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
