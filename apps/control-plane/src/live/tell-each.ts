import type { Log } from '@sluice/db'

/** A bug in one listener is its own loss: the others are told, and it is told that it missed something. */
export function tellEach<Listener>(listeners: Map<Listener, () => void>, tell: (listener: Listener) => void, log: Log): void {
  for (const [listener, failed] of listeners) {
    try {
      tell(listener)
    } catch (error) {
      const { message, stack } = error as Error
      log({ event: 'feed.listener_failed', message, stack })
      failed()
    }
  }
}
