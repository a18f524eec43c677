import type { Context } from './context.ts'
import type { BulkOperationRow, DeliveryRow, EndpointRow } from './webhook-refs.ts'

/** What a command of this request has just made or changed. */
export const endpoint = async (id: string, ctx: Context): Promise<EndpointRow> => present(await ctx.load.endpoint.load(id), id)
export const delivery = async (id: string, ctx: Context): Promise<DeliveryRow> => present(await ctx.load.delivery.load(id), id)
export const bulkOperation = (id: string, ctx: Context): Promise<BulkOperationRow> => ctx.prisma.bulkOperation.findUniqueOrThrow({ where: { id } })

function present<Row>(row: Row | null, id: string): Row {
  if (row === null) throw new Error(`${id} was changed and is not there.`)
  return row
}
