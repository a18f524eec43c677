const UNITS = [['d', 86_400], ['h', 3_600], ['m', 60], ['s', 1]] as const

/** A length of time in its two largest units: 3d 4h, 12m 05s, 4.2s. Under ten seconds one decimal, under one in milliseconds. */
export const formatDuration = (ms: number): string => {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 1) return `${Math.round(seconds * 1000)}ms`
  if (seconds < 10) return `${seconds.toFixed(1)}s`
  return twoUnits(Math.floor(seconds))
}

/** The same for figures that tick: whole seconds only, so that the last digit does not dance. */
export const formatTicking = (ms: number): string => twoUnits(Math.max(0, Math.floor(ms / 1000)))

const twoUnits = (seconds: number): string => {
  const at = Math.max(0, UNITS.findIndex(([, size]) => seconds >= size))
  const [unit, size] = UNITS[seconds < 1 ? UNITS.length - 1 : at] ?? UNITS[3]
  const next = UNITS[UNITS.findIndex(([name]) => name === unit) + 1]
  const whole = `${Math.floor(seconds / size)}${unit}`
  if (!next) return whole
  return `${whole} ${String(Math.floor((seconds % size) / next[1])).padStart(2, '0')}${next[0]}`
}
