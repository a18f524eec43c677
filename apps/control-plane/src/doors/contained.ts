import type { Log } from '@sluice/db'

/**
 * Runs what a listener of a request or a socket does. Nobody above a listener catches, so a bug in one would end the process for everybody:
 * it is logged with its stack and costs this one connection, which `drop` ends.
 */
export function contained(log: Log, event: string, { run, drop }: { run(): void; drop(): void }): void {
  try {
    run()
  } catch (error) {
    const { message, stack } = error as Error
    log({ event, message, stack })
    drop()
  }
}
