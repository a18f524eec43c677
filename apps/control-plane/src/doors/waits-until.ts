import type { ServerResponse } from 'node:http'

/** Long polls and streams end when the client is gone or the server stops. */
export function waitsUntil(response: ServerResponse, stopping: AbortSignal): AbortSignal {
  const over = new AbortController()
  const end = (): void => over.abort()
  // It will not close again, so nothing would ever take the listener away.
  if (response.closed || response.destroyed) {
    end()
    return over.signal
  }
  stopping.addEventListener('abort', end)
  response.once('close', () => {
    stopping.removeEventListener('abort', end)
    end()
  })
  return over.signal
}
