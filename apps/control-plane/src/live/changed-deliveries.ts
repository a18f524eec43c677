import type { PrismaClient } from '@sluice/db/prisma'
import type { DeliveryRow } from '../graphql/webhook-refs.ts'
import { readDeliveryFlows, type DeliveryFlow } from '../policies/visible-deliveries.ts'

/** row as it is now, with its flow for who may read it; xid and id are its place in the feed. */
export interface ChangedDelivery { row: DeliveryRow; flow: DeliveryFlow | null; xid: string; id: string }

/** The deliveries of these places, in their order. Those that are kept no longer are left out. */
export async function readChangedDeliveries(prisma: PrismaClient, items: { id: string; xid: string }[]): Promise<ChangedDelivery[]> {
  const rows = await prisma.webhookDelivery.findMany({ where: { id: { in: items.map(({ id }) => id) } } })
  const flows = await readDeliveryFlows(prisma, rows)
  const byId = new Map(rows.map((row) => [row.id, row]))
  return items.flatMap(({ id, xid }) => {
    const row = byId.get(id)
    return row === undefined ? [] : [{ row, flow: row.flowId === null ? null : flows.get(row.flowId) ?? null, xid, id }]
  })
}
