import { InvalidInput } from '@sluice/domain'

/** Cursors are opaque: a letter for the list they belong to and its sort key, so that one list's cursor is refused by another. */
export const encodeCursor = (list: string, key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify([list, ...key])).toString('base64url')

/** The sort key of a cursor. @throws InvalidInput naming the argument when it is not one of this list. */
export function decodeCursor(list: string, cursor: string, argument = 'after'): (string | number)[] {
  const key = parse(cursor)
  if (key === null || key[0] !== list) throw new InvalidInput([argument], 'This cursor does not belong to this list.')
  return key.slice(1)
}

function parse(cursor: string): (string | number)[] | null {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(key) && key.every((part) => typeof part === 'string' || Number.isSafeInteger(part)) ? key : null
  } catch {
    return null
  }
}
