/** Where the worker and its handlers write. A message for people, fields for machines; never a token. */
export type LogFields = Record<string, unknown>
export type LogLine = (message: string, fields?: LogFields) => void
export interface Log { debug: LogLine; info: LogLine; warn: LogLine; error: LogLine }

const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LEVELS)[number]

/** One JSON line per entry on standard error; debug lines are left out. The default of the option `log`. */
export const standardLog: Log = createLog((level, message, fields) => {
  if (level === 'debug') return
  process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), level, message, ...fields })}\n`)
})

/** A log whose every entry goes to one function. */
export function createLog(write: (level: LogLevel, message: string, fields: LogFields) => void): Log {
  const line = (level: LogLevel): LogLine => (message, fields = {}) => write(level, message, fields)
  return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
}

/** The same log with fields that every entry carries. */
export const logWith = (log: Log, fixed: LogFields): Log => createLog((level, message, fields) => log[level](message, { ...fixed, ...fields }))
