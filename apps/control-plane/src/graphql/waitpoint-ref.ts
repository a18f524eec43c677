import type PrismaTypes from '@sluice/db/pothos-types'
import { builder } from './builder.ts'
import type { Context } from './context.ts'

/** hidesFlow: it was answered by its token, and whoever had that may not read its flow. */
export type WaitpointRow = PrismaTypes['Waitpoint']['Shape'] & { hidesFlow?: boolean }

/** Declared before its fields: a flow has waitpoints, a waitpoint has a flow. */
export const WaitpointRef = builder.objectRef<WaitpointRow>('Waitpoint')

/** What a command of this request has just made or changed. */
export async function waitpointOf(id: string, ctx: Context): Promise<WaitpointRow> {
  const row = await ctx.load.waitpoint.load(id)
  if (row === null) throw new Error(`The waitpoint ${id} was changed and is not there.`)
  return row
}
