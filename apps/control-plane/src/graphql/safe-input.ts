import { InvalidInput, LimitExceeded, Refusal } from '@sluice/domain'
import type { Outcome } from '@sluice/engine'

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

/**
 * For the items of a plural command, which are left out there: each is refused for itself, with the path it has alone, and the others run.
 * One outcome per item, in order.
 */
export async function eachSafe<Item, Done>(items: Item[], run: (items: Item[]) => Promise<Outcome<Done>[]>): Promise<Outcome<Done>[]> {
  const refusals = items.map(refusalOf)
  const safe = items.filter((_item, at) => refusals[at] === null)
  const outcomes = (safe.length > 0 ? await run(safe) : [])[Symbol.iterator]()
  return refusals.map((refusal) => {
    if (refusal !== null) return refusal
    const next = outcomes.next()
    if (next.done) throw new Error('A command answered fewer outcomes than it was given items.')
    return next.value
  })
}

function refusalOf(item: unknown): Refusal | null {
  try {
    refuseUnsafeInput({ input: item })
    return null
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
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
  if (typeof value !== 'object' || value === null || value instanceof Date || isItems(path)) return []
  return Object.entries(value).flatMap(([key, inner]): Visit[] => {
    refuseUnsafeText(key, path)
    return [{ value: inner, path: [...path, key] }]
  })
}

/** The items of a plural command: eachSafe sees to them. No other input has a field of that name. */
const isItems = (path: string[]): boolean => path.length === 2 && path[0] === 'input' && path[1] === 'items'

const named = (path: string[]): string[] => (path[0] === 'input' ? path.slice(1) : path)
