import { InvalidInput, LimitExceeded } from '@sluice/domain'

/** Deeper JSON would exhaust somebody's stack: ours, PostgreSQL's or a reader's. */
const JSON_DEPTH_MAX = 128

// In unicode mode a pair is one character, so this finds halves only.
const LONE_SURROGATE = /\p{Surrogate}/u

interface Visit { value: unknown; path: string[] }

/**
 * Refuses what would not survive the way into the database and back: NUL, lone surrogates, numbers that are not finite,
 * and nesting beyond 128 levels. @throws InvalidInput or LimitExceeded, naming the path without the argument's own name `input`.
 */
export function refuseUnsafeInput(args: object): void {
  const pending: Visit[] = [{ value: args, path: [] }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    refuseUnsafeValue(next)
    pending.push(...children(next))
  }
}

function refuseUnsafeValue({ value, path }: Visit): void {
  if (typeof value === 'string') refuseUnsafeText(value, path)
  if (typeof value === 'number' && !Number.isFinite(value)) throw new InvalidInput(named(path), 'This number is too large to be carried as JSON.')
  if (path.length > JSON_DEPTH_MAX) throw new LimitExceeded(JSON_DEPTH_MAX, `JSON may be nested ${JSON_DEPTH_MAX} levels deep.`)
}

function refuseUnsafeText(text: string, path: string[]): void {
  if (text.includes('\u0000')) throw new InvalidInput(named(path), 'Text may not contain the character NUL (\\u0000).')
  if (LONE_SURROGATE.test(text)) throw new InvalidInput(named(path), 'Text may not contain half of a surrogate pair.')
}

function children({ value, path }: Visit): Visit[] {
  if (typeof value !== 'object' || value === null || value instanceof Date) return []
  return Object.entries(value).flatMap(([key, inner]): Visit[] => {
    refuseUnsafeText(key, path)
    return [{ value: inner, path: [...path, key] }]
  })
}

const named = (path: string[]): string[] => (path[0] === 'input' ? path.slice(1) : path)
