import type { PrismaClient } from '@sluice/db/prisma'
import type { OwnedFlow } from '@sluice/engine'
import type { DeliveryRow } from '../graphql/webhook-refs.ts'
import { withFlows } from '../policies/visible-deliveries.ts'

/** row as it is now, with its flow for who may read it; xid and id are its place in the feed. */
export interface ChangedDelivery { row: DeliveryRow; flow: OwnedFlow | null; xid: string; id: string }

/** The deliveries of these places, in their order. Those that are kept no longer are left out. */
export async function readChangedDeliveries(prisma: PrismaClient, items: { id: string; xid: string }[]): Promise<ChangedDelivery[]> {
  if (items.length === 0) return []
  const rows = await prisma.webhookDelivery.findMany({ where: { id: { in: items.map(({ id }) => id) } } })
  const byId = new Map((await withFlows(prisma, rows)).map(({ of, flow }) => [of.id, { row: of, flow }]))
  return items.flatMap((place) => {
    const found = byId.get(place.id)
    return found === undefined ? [] : [{ ...found, ...place }]
  })
}
