import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { FolderInUse } from './errors.ts'
import { gone, processStart } from './processes.ts'

/** A folder and the file in it that names its owner. */
export interface Owned {
  dir: string
  ownerFile: string
}

interface Owner {
  pid: number
  since: string | null
}

/** A process that was killed a moment ago still shows for an instant. */
const DYING_MS = 1_000

/** Makes this process the folder's owner, or throws FolderInUse when another living one is. */
export async function claim(folder: Owned): Promise<void> {
  while (!tryClaim(folder)) {
    const owner = readOwner(folder)
    if (owner !== null && lives(owner) && !(await gone(owner.pid, DYING_MS))) throw new FolderInUse(folder.dir, owner.pid)
    // Two may both find the owner dead and both remove its claim; PostgreSQL's own lock then decides between them.
    rmSync(folder.ownerFile, { force: true })
  }
}

export function disclaim(folder: Owned): void {
  if (readOwner(folder)?.pid === process.pid) rmSync(folder.ownerFile, { force: true })
}

/** Linking a finished file makes the claim appear whole or not at all, and only if there is none. */
function tryClaim(folder: Owned): boolean {
  const draft = `${folder.ownerFile}.${process.pid}`
  writeFileSync(draft, JSON.stringify({ pid: process.pid, since: processStart(process.pid) } satisfies Owner), { mode: 0o600 })
  try {
    linkSync(draft, folder.ownerFile)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft)
  }
}

function lives(owner: Owner): boolean {
  return processStart(owner.pid) === owner.since
}

function readOwner(folder: Owned): Owner | null {
  try {
    return JSON.parse(readFileSync(folder.ownerFile, 'utf8')) as Owner
  } catch {
    return null
  }
}
