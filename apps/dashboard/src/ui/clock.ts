import { useSyncExternalStore } from 'react'

let offsetMs = 0
let tick = 0
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

const announce = () => {
  tick += 1
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  timer ??= setInterval(announce, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Sets how far the server's clock is ahead of this browser's, in milliseconds. */
export const setClockOffset = (ms: number) => {
  offsetMs = ms
  announce()
}

/** The server's now, in milliseconds since the epoch. */
export const serverNow = () => Date.now() + offsetMs

/** This browser's now, read again every second: for what it has seen itself. */
export const useLocalNow = () => useServerNow() - offsetMs

/** The server's now, read again every second. One timer serves the whole page. */
export const useServerNow = () => {
  useSyncExternalStore(subscribe, () => tick)
  return serverNow()
}
