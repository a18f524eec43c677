/** The texts that a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/
const NEEDS_QUOTES = /[",\r\n]/

/** One record of RFC 4180, with its CRLF. */
export const csvRecord = (cells: readonly unknown[]): string => `${cells.map(csvCell).join(',')}\r\n`

/**
 * A cell: null and absent are empty, objects and lists are JSON, and a text that begins like a formula gets an apostrophe before it
 * (numbers do not: they are none).
 */
function csvCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = FORMULA.test(text) ? `'${text}` : text
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A column by its way into a row: ['owner', 'name'] is `owner.name`. */
export type Column = readonly string[]

export const cellsOf = (row: unknown, columns: readonly Column[]): unknown[] => columns.map((column) => at(row, column))

const at = (row: unknown, column: Column): unknown =>
  column.reduce<unknown>((value, step) => (value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[step] : null), row)
