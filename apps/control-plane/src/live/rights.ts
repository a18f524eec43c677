import { named } from '@sluice/db'
import { areStillValid, type Deps } from '@sluice/engine'
import type { Viewer } from '../policies/policy.ts'

export interface Rights {
  /** Calls back once when the viewer's token or session is revoked or over, or its roles changed. Returns what ends the watch. */
  watch(viewer: Viewer, onRevoked: () => void): () => void
  close(): void
}

// A revocation on another server whose wake-up was lost is noticed by then, and so is what ends by the clock.
const RECHECK_MS = 1000

/** Ends what is live when the right to it ends (INV-35): by wake-up, and by one statement a second for all credentials in use. */
export function openRights(engine: Pick<Deps, 'pool' | 'wake' | 'log'>): Rights {
  const watched = new Map<string, { viewer: Viewer; listeners: Set<() => void> }>()
  let checking = false
  let again = false

  const checkAll = async (): Promise<void> => {
    const asked = [...watched]
    const valid = await areStillValid(named(engine.pool), asked.map(([, { viewer }]) => viewer))
    for (const [at, [key, one]] of asked.entries()) {
      if (valid[at]) continue
      if (watched.get(key) === one) watched.delete(key)
      one.listeners.forEach((listener) => listener())
    }
  }
  const check = async (): Promise<void> => {
    again = true
    if (checking) return
    checking = true
    // What is revoked while a statement runs, the next one sees.
    while (again) {
      again = false
      // Where the database cannot be asked nobody can change rights either: they stand until it answers.
      await checkAll().catch((error: Error) => engine.log({ event: 'rights.failed', message: error.message }))
    }
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
