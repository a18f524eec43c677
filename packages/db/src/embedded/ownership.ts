import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Cluster } from './cluster.ts'
import { FolderInUse } from './errors.ts'
import { gone, processStart } from './processes.ts'

interface Owner {
  pid: number
  since: string | null
}

/** A process that was killed a moment ago still shows for an instant. */
const DYING_MS = 1_000

/** Makes this process the folder's owner, or throws FolderInUse when another living one is. */
export async function claim(cluster: Cluster): Promise<void> {
  while (!tryClaim(cluster)) {
    const owner = readOwner(cluster)
    if (owner !== null && lives(owner) && !(await gone(owner.pid, DYING_MS))) throw new FolderInUse(cluster.dir, owner.pid)
    // Two may both find the owner dead and both remove its claim; PostgreSQL's own lock then decides between them.
    rmSync(cluster.ownerFile, { force: true })
  }
}

export function disclaim(cluster: Cluster): void {
  if (readOwner(cluster)?.pid === process.pid) rmSync(cluster.ownerFile, { force: true })
}

/** Linking a finished file makes the claim appear whole or not at all, and only if there is none. */
function tryClaim(cluster: Cluster): boolean {
  const draft = `${cluster.ownerFile}.${process.pid}`
  writeFileSync(draft, JSON.stringify({ pid: process.pid, since: processStart(process.pid) } satisfies Owner), { mode: 0o600 })
  try {
    linkSync(draft, cluster.ownerFile)
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

function readOwner(cluster: Cluster): Owner | null {
  try {
    return JSON.parse(readFileSync(cluster.ownerFile, 'utf8')) as Owner
  } catch {
    return null
  }
}
