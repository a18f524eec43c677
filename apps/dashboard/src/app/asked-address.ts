import { safeNext } from '../graphql/sign-in-address.ts'

/** A link signs in at the home page, perhaps in another tab; what was asked for before is kept here for as long as a link is good. */
const STORED = 'sluice.asked'
const KEPT_MS = 15 * 60_000

export const keepAskedAddress = (next: string | undefined) => {
  if (safeNext(next) !== '/') localStorage.setItem(STORED, JSON.stringify({ next, at: Date.now() }))
}

/** The address that was asked for before signing in, once. */
export const takeAskedAddress = (): string | null => {
  const kept = localStorage.getItem(STORED)
  localStorage.removeItem(STORED)
  if (kept === null) return null
  const { next, at } = JSON.parse(kept) as { next: string; at: number }
  return Date.now() - at < KEPT_MS ? safeNext(next) : null
}
