const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export const DURATION = /^(\d+)(ms|s|m|h|d)$/

/** Milliseconds of a text such as 500ms, 45s or 10m that matches DURATION. */
export function parseDuration(text: string): number {
  const [, count, unit] = DURATION.exec(text) ?? []
  return Number(count) * (UNIT_MS[unit ?? ''] ?? 0)
}
