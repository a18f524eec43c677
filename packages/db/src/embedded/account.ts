import { readFileSync } from 'node:fs'
import { EmbeddedUnavailable } from './errors.ts'

/** The user that PostgreSQL runs as; null = the one we run as. */
export type Account = { uid: number; gid: number } | null

/**
 * PostgreSQL refuses to run as root, so root lends it another user: `postgres` where there is one, else `nobody`.
 * It must have a line in the user list; a bare number fails ("could not look up effective user ID").
 */
export function account(): Account {
  if (process.getuid?.() !== 0) return null
  const users = new Map(readUsers())
  const found = users.get('postgres') ?? users.get('nobody')
  if (found === undefined) {
    throw new EmbeddedUnavailable(
      'PostgreSQL does not run as root and this machine has neither a user "postgres" nor "nobody": start Sluice as an ordinary user, or set DATABASE_URL.',
    )
  }
  return found
}

function readUsers(): [string, { uid: number; gid: number }][] {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  return lines.map((line) => line.split(':')).map(([name = '', , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }])
}
