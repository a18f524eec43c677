import type { Deps } from '@sluice/engine'
import type { PrismaClient } from '@sluice/db/prisma'
import { readLightFlows, type LightFlow } from './changed-flows.ts'
import { paced } from './paced.ts'

/** Flows whose progress moved: no milestone and so not in the feed, but live all the same (D-30). */
export interface Progress {
  listen(listener: (rows: LightFlow[]) => void): () => void
  close(): void
}

// Published at most four times a second.
const EVERY_MS = 250

export function openProgress({ engine, prisma }: { engine: Pick<Deps, 'wake' | 'log'>; prisma: PrismaClient }): Progress {
  const listeners = new Set<(rows: LightFlow[]) => void>()
  const moved = new Set<string>()
  const publish = async (): Promise<void> => {
    const ids = [...moved]
    moved.clear()
    const rows = [...(await readLightFlows(prisma, ids)).values()]
    listeners.forEach((listener) => listener(rows))
  }
  const pace = paced(publish, { everyMs: EVERY_MS, onError: (error) => engine.log({ event: 'progress.failed', message: error.message }) })
  const stopHints = engine.wake.onProgress((ids) => {
    if (listeners.size === 0) return
    ids.forEach((id) => moved.add(id))
    pace.wish()
  })
  return {
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: () => {
      stopHints()
      pace.close()
    },
  }
}
