import { isStillValid, type Deps } from '@sluice/engine'
import type { Viewer } from '../policies/policy.ts'

export interface Rights {
  /** Calls back once when the viewer's token or session is revoked or over, or its roles changed. Returns what ends the watch. */
  watch(viewer: Viewer, onRevoked: () => void): () => void
  close(): void
}

// A revocation on another server whose wake-up was lost is noticed by then, and so is what ends by the clock.
const RECHECK_MS = 1000

/** Ends what is live when the right to it ends (INV-35): by wake-up, and by one small statement a second per credential in use. */
export function openRights(engine: Pick<Deps, 'pool' | 'wake' | 'log'>): Rights {
  const watched = new Map<string, { viewer: Viewer; listeners: Set<() => void> }>()
  let checking = false

  const checkOne = async (key: string, viewer: Viewer): Promise<void> => {
    if (await isStillValid(engine.pool, viewer)) return
    const listeners = watched.get(key)?.listeners ?? new Set()
    watched.delete(key)
    listeners.forEach((listener) => listener())
  }
  const check = async (): Promise<void> => {
    if (checking) return
    checking = true
    // Where the database cannot be asked nobody can change rights either: they stand until it answers.
    await Promise.all([...watched].map(([key, { viewer }]) => checkOne(key, viewer)))
      .catch((error: Error) => engine.log({ event: 'rights.failed', message: error.message }))
    checking = false
  }

  const stopHints = engine.wake.on('access', () => void check())
  const timer = setInterval(() => void check(), RECHECK_MS)
  return {
    watch: (viewer, onRevoked) => {
      const key = JSON.stringify([viewer.principalId, viewer.tokenId, viewer.sessionId])
      const one = watched.get(key) ?? { viewer, listeners: new Set() }
      watched.set(key, one)
      one.listeners.add(onRevoked)
      return () => {
        one.listeners.delete(onRevoked)
        if (one.listeners.size === 0 && watched.get(key) === one) watched.delete(key)
      }
    },
    close: () => {
      stopHints()
      clearInterval(timer)
    },
  }
}
