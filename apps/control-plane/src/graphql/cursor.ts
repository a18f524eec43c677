import { InvalidInput } from '@sluice/domain'
import type { z } from 'zod'

/** Cursors are opaque: a letter for the list they belong to and its sort key, so that one list's cursor is refused by another. */
export const encodeCursor = (list: string, key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify([list, ...key])).toString('base64url')

/** The sort key of a cursor of `after`. @throws InvalidInput when it is not one of this list: anybody can make one up. */
export function decodeCursor<Key>({ list, key }: { list: string; key: z.ZodType<Key> }, cursor: string): Key {
  const [from, ...parts] = parse(cursor) ?? []
  const found = from === list ? key.safeParse(parts) : undefined
  if (!found?.success) throw new InvalidInput(['after'], 'This cursor does not belong to this list.')
  return found.data
}

function parse(cursor: string): unknown[] | null {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(key) ? key : null
  } catch {
    return null
  }
}
