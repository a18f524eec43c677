import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** A zombie that nobody reaps in a container is as gone as it gets. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}

export async function eventually(check: () => boolean, deadlineMs = 15_000): Promise<void> {
  const until = Date.now() + deadlineMs
  while (!check()) {
    if (Date.now() > until) throw new Error(`not within ${deadlineMs} ms: ${check.toString()}`)
    await delay(10)
  }
}
