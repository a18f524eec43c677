import { InvalidInput, refuseText } from '@sluice/domain'
import { isInstant } from './instant-sql.ts'

/** Opaque to clients: the parts of a keyset position. */
export const encodeCursor = (parts: (string | number)[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url')

/** The parts, or throws InvalidInput naming the argument: a cursor is input like any other. */
export function decodeCursor<T>(text: string, o: { argument: string; parse(parts: unknown[]): T | undefined }): T {
  const parts = jsonOf(text)
  const parsed = Array.isArray(parts) && parts.every(isPart) ? o.parse(parts) : undefined
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

const INT4_MAX = 2_147_483_647
const TEXT_MAX = 200

/** Whether PostgreSQL can compare a row with it: what somebody made up is refused here, not there. */
function isPart(part: unknown): boolean {
  if (typeof part === 'number') return Number.isInteger(part) && Math.abs(part) <= INT4_MAX
  if (typeof part !== 'string' || refuseText(['cursor'], part, TEXT_MAX)) return false
  return !isInstant(part) || isMoment(part)
}

/** Whether the clock can show it: a Date takes 30 February for 2 March. */
function isMoment(instant: string): boolean {
  const at = new Date(instant)
  return at.getUTCFullYear() > 0 && at.toISOString().slice(0, 19) === instant.slice(0, 19)
}
