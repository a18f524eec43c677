/**
 * Wake-ups are hints (D-38): sent after the commit, told at once to sleepers of this process, and to other processes by at most one NOTIFY per
 * 5 ms. A lost one costs at most a sweep interval; nothing may depend on one.
 */
/** progress: flows whose progress moved, and frames: whose output grew, which are no milestones and so not in the feed. deliveries: some were written or moved, which are none either; due: and a sender has something to do. */
export interface Hint { queue?: boolean; workers?: boolean; access?: boolean; deliveries?: 'due' | 'changed'; bulk?: boolean; progress?: string[]; frames?: string[] }
/** News that name flows. */
type Naming = 'progress' | 'frames'
export type Channel = 'feed' | 'queue' | 'workers' | 'access' | 'deliveries' | 'sender' | 'bulk'

export interface NotifyTransport {
  send(payload: string): Promise<void>
  onMessage(listener: (payload: string) => void): () => void
  onReconnect(listener: () => void): () => void
}

export interface WakeUps {
  /** Something was committed: the feed moved, and perhaps the queue, a lease's fate or a right. */
  hint(hint: Hint): void
  on(channel: Channel, listener: () => void): () => void
  onProgress(listener: (flowIds: string[]) => void): () => void
  onFrames(listener: (flowIds: string[]) => void): () => void
  close(): void
}

const FLUSH_MS = 5
/** A NOTIFY holds 7999 bytes; of either kind, what is beyond this is seen with the next or by a sweep. */
const NAMED_KEPT = 100
const NAMING: readonly Naming[] = ['progress', 'frames']

export function openWakeUps(o: { transport: NotifyTransport | null; processId: string }): WakeUps {
  const listeners: Record<Channel, Set<() => void>> = { feed: new Set(), queue: new Set(), workers: new Set(), access: new Set(), deliveries: new Set(), sender: new Set(), bulk: new Set() }
  const namingListeners: Record<Naming, Set<(flowIds: string[]) => void>> = { progress: new Set(), frames: new Set() }
  const pending = new Set<Channel>()
  const named: Record<Naming, Set<string>> = { progress: new Set(), frames: new Set() }
  let timer: NodeJS.Timeout | undefined
  // Another version may know channels that this one does not.
  const tell = (channel: Channel): void => listeners[channel]?.forEach(listener => listener())
  const tellNamed = (what: Naming, ids: string[]): void => {
    if (ids.length > 0) namingListeners[what].forEach(listener => listener(ids))
  }
  const onNamed = (what: Naming) => (listener: (flowIds: string[]) => void) => {
    namingListeners[what].add(listener)
    return () => void namingListeners[what].delete(listener)
  }
  const flush = (): void => {
    timer = undefined
    const [progress, frames] = NAMING.map(what => [...named[what]].slice(0, NAMED_KEPT))
    const payload = JSON.stringify({ from: o.processId, channels: [...pending], progress: progress ?? [], frames: frames ?? [] } satisfies Message)
    pending.clear()
    NAMING.forEach(what => named[what].clear())
    // Not sent means not heard: the sweeps find it.
    o.transport?.send(payload).catch(() => undefined)
  }
  const heard = (payload: string): void => {
    const message = parse(payload)
    if (!message || message.from === o.processId) return
    message.channels.forEach(tell)
    NAMING.forEach(what => tellNamed(what, message[what] ?? []))
  }
  const stops = [o.transport?.onMessage(heard), o.transport?.onReconnect(() => (Object.keys(listeners) as Channel[]).forEach(tell))]
  return {
    hint: hint => {
      for (const channel of channelsOf(hint)) {
        tell(channel)
        pending.add(channel)
      }
      for (const what of NAMING) {
        tellNamed(what, hint[what] ?? [])
        hint[what]?.forEach(id => named[what].add(id))
      }
      timer ??= setTimeout(flush, FLUSH_MS)
    },
    on: (channel, listener) => {
      listeners[channel].add(listener)
      return () => void listeners[channel].delete(listener)
    },
    onProgress: onNamed('progress'),
    onFrames: onNamed('frames'),
    close: () => {
      clearTimeout(timer)
      stops.forEach(stop => stop?.())
    },
  }
}

const channelsOf = (hint: Hint): Channel[] => {
  const channels: Channel[] = hint.progress || hint.frames || hint.deliveries || hint.bulk ? [] : ['feed']
  if (hint.queue) channels.push('queue')
  if (hint.workers) channels.push('workers')
  if (hint.access) channels.push('access')
  if (hint.deliveries) channels.push('deliveries')
  if (hint.deliveries === 'due') channels.push('sender')
  if (hint.bulk) channels.push('bulk')
  return channels
}

interface Message { from: string; channels: Channel[]; progress?: string[]; frames?: string[] }

function parse(payload: string): Message | undefined {
  try {
    return JSON.parse(payload) as Message
  } catch {
    return undefined
  }
}
