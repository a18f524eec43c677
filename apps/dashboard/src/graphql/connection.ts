import { useSyncExternalStore } from 'react'

/**
 * What the socket is. generation counts how often it opened: events sent while it was closed are lost,
 * so whoever sees a new generation reads again.
 */
export interface Connection { state: 'connecting' | 'open' | 'closed'; generation: number; heardAt: number | null; lagMs: number | null }

let connection: Connection = { state: 'connecting', generation: 0, heardAt: null, lagMs: null }
const listeners = new Set<() => void>()

export const currentConnection = () => connection

/** Changes what is known of the socket and tells everyone who looks. */
export const updateConnection = (change: Partial<Connection>) => {
  connection = { ...connection, ...change }
  for (const listener of listeners) listener()
}

/** Something came over the socket: what is shown is as old as this. */
export const heard = () => { connection.heardAt = Date.now() }

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

export const useConnection = () => useSyncExternalStore(subscribe, currentConnection)
