export interface Backoff { minMs: number; maxMs: number }

/** D-9: min × 2^(n−1), at most max, ±20 % by the dice (0 … 1). n counts from 1. */
export function backoffMs(n: number, { minMs, maxMs }: Backoff, dice: number): number {
  const base = Math.min(maxMs, minMs * 2 ** Math.min(n - 1, 30))
  return Math.round(base * (0.8 + 0.4 * dice))
}
