import { InvalidInput } from '@sluice/domain'

/** Opaque to clients: the parts of a keyset position. */
export const encodeCursor = (parts: (string | number)[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url')

/** The parts, or throws InvalidInput naming the argument: a cursor is input like any other. */
export function decodeCursor<T>(text: string, o: { argument: string; parse(parts: unknown[]): T | undefined }): T {
  const parts = jsonOf(text)
  const parsed = Array.isArray(parts) ? o.parse(parts) : undefined
  if (parsed === undefined) throw new InvalidInput([o.argument], `${o.argument} is not a cursor of this list.`)
  return parsed
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    return undefined
  }
}
