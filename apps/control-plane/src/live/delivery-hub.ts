import { changedDeliveries, deliveryHead, type DeliveryCursor, type Deps } from '@sluice/engine'
import type { PrismaClient } from '@sluice/db/prisma'
import { readChangedDeliveries, type ChangedDelivery } from './changed-deliveries.ts'
import { tellEach } from './tell-each.ts'
import { Woken } from './woken.ts'

/** null: the feed could not be continued (restore); read again, from head. */
export type DeliveryListener = (changed: ChangedDelivery[] | null, head: DeliveryCursor) => void

export interface DeliveryHub {
  /** Everything up to here was given to listeners. */
  readonly cursor: DeliveryCursor
  /** `failed`: the listener threw and has missed a batch; the others have not. */
  listen(listener: DeliveryListener, failed: () => void): () => void
  close(): Promise<void>
}

export const BATCH_MAX = 500

interface Options {
  engine: Pick<Deps, 'pool' | 'wake' | 'log'>
  prisma: PrismaClient
  sweepMs: number
}

/** The one reader of changed deliveries in this process: woken by hints, and by a timer for the hints that got lost. */
export async function openDeliveryHub({ engine, prisma, sweepMs }: Options): Promise<DeliveryHub> {
  const listeners = new Map<DeliveryListener, () => void>()
  let cursor = await deliveryHead(engine.pool)

  /** With nobody to tell it only keeps up. Who came while it asked joined where it stood, and is told what follows that. */
  const skip = async (): Promise<boolean> => {
    const head = await deliveryHead(engine.pool)
    if (listeners.size > 0) return true
    cursor = head
    return false
  }
  /** The cursor moves only after the listeners were told, so that a failed read repeats the batch. */
  const readOnce = async (): Promise<boolean> => {
    if (listeners.size === 0) return skip()
    const page = await changedDeliveries(engine.pool, cursor, BATCH_MAX)
    if (!page.gap && page.items.length === 0) return false
    const changed = page.gap ? null : await readChangedDeliveries(prisma, page.items)
    tellEach(listeners, (listener) => listener(changed, page.head), engine.log)
    cursor = page.head
    return page.more
  }
  const reader = new Woken(readOnce, ({ message }) => engine.log({ event: 'deliveries.feed_failed', message }))
  const stopHints = engine.wake.on('deliveries', () => reader.wake())
  const timer = setInterval(() => reader.wake(), sweepMs)
  return {
    get cursor() { return cursor },
    listen: (listener, failed) => {
      listeners.set(listener, failed)
      return () => void listeners.delete(listener)
    },
    close: () => {
      stopHints()
      clearInterval(timer)
      return reader.close()
    },
  }
}
