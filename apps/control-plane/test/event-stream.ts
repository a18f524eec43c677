import { once } from 'node:events'
import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'

/** A raw reader of server-sent events: it keeps every event, comments included, and every wait can expire. */
export interface FollowedItem { kind: string; cursor: string; gap: boolean; end: string | null; flow: { status: string } | null; event: { sequence: number } | null }
export interface StreamedEvent { id?: string; event?: string; retry?: string; data?: FollowedItem; comment?: string }

export interface EventReader extends AsyncDisposable {
  status: number
  headers: IncomingHttpHeaders
  events: StreamedEvent[]
  /** Resolves when the server ended it; false when the connection broke. */
  ended: Promise<boolean>
  first(fits: (event: StreamedEvent) => boolean): Promise<StreamedEvent>
  close(): void
}

export async function readEvents(url: string, headers: Record<string, string>): Promise<EventReader> {
  const request = get(url, { agent: false, headers })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const events: StreamedEvent[] = []
  const listeners = new Set<() => void>()
  let text = ''
  response.setEncoding('utf8').on('data', (part: string) => {
    const blocks = (text + part).split('\n\n')
    text = blocks.pop() ?? ''
    events.push(...blocks.map(parsed))
    listeners.forEach((listener) => listener())
  })
  // What breaks shows in `complete`.
  response.on('error', () => undefined)
  const ended = new Promise<boolean>((resolve) => response.once('close', () => resolve(response.complete)))
  const close = (): void => void request.destroy()
  return {
    status: response.statusCode ?? 0, headers: response.headers, events, ended, close,
    first: (fits) => new Promise((resolve, reject) => {
      const look = (): void => {
        const found = events.find(fits)
        if (found === undefined) return
        clearTimeout(timer)
        listeners.delete(look)
        resolve(found)
      }
      const timer = setTimeout(() => reject(new Error(`the event did not come; came: ${JSON.stringify(events).slice(0, 2000)}`)), 8000)
      listeners.add(look)
      look()
    }),
    [Symbol.asyncDispose]: async () => {
      close()
      await ended
    },
  }
}

function parsed(block: string): StreamedEvent {
  const fields = block.split('\n').map((line) => {
    const at = line.indexOf(':')
    return at === 0 ? ['comment', line.slice(1).trim()] : [line.slice(0, at), line.slice(at + 1).trim()]
  })
  const { data, ...rest } = Object.fromEntries(fields) as Record<string, string>
  return { ...rest, ...(data ? { data: JSON.parse(data) as FollowedItem } : {}) }
}
