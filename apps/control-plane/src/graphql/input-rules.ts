import { LimitExceeded } from '@sluice/domain'
import { LIMITS } from '@sluice/protocol'
import { z } from 'zod'

/** Bounds of arguments that many inputs share. null is the same as absent. */
export const reason = z.string().max(LIMITS.reasonMax, `A reason has at most ${LIMITS.reasonMax} characters.`).nullish()
export const waitMs = z.int().min(0, 'A wait is not negative.').max(LIMITS.waitMsMax, `A wait lasts at most ${LIMITS.waitMsMax} ms.`)

/** One list of a filter. */
export const few = z.array(z.unknown()).max(100, 'A filter names at most 100.').nullish()

/** Leaves out what is null or absent, so that commands see one way of not saying a thing. */
export const given = <Input extends object>(input: Input): { [Key in keyof Input]?: Exclude<Input[Key], null | undefined> } =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null && value !== undefined)) as never

/** @throws LimitExceeded when a plural command was given more than it takes at once. */
export function atMostItems<Item>(items: Item[]): Item[] {
  if (items.length > LIMITS.itemsMax) throw new LimitExceeded(LIMITS.itemsMax, `At most ${LIMITS.itemsMax} items at once.`)
  return items
}
