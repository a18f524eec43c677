const UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const

/** A number of bytes in the unit that suits it: 512 B, 1.4 KiB, 20 MiB. */
export const formatBytes = (bytes: number): string => {
  const power = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`
}
