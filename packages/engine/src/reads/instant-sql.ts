/** An instant as text with its microseconds: a JavaScript Date would lose three digits, and with them the place of a keyset cursor. */
export const INSTANT = (column: string): string => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

const SHAPE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/
export const isInstant = (text: unknown): text is string => typeof text === 'string' && SHAPE.test(text)
