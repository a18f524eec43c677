import { InvalidInput } from '@sluice/domain'
import type { Context } from './context.ts'

/** The lane's name when there is such a lane, null when none was named. @throws InvalidInput, so that a typo is not an empty answer. */
export async function requireLane(name: string | null | undefined, ctx: Context): Promise<string | null> {
  if (name === null || name === undefined) return null
  if ((await ctx.load.laneByName.load(name)) === null) throw new InvalidInput(['lane'], `There is no lane ${name}.`)
  return name
}
