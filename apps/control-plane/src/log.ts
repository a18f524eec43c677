import type { Log } from '@sluice/db'

/** One line of JSON per fact, on standard output. */
export const logLine: Log = (entry) => void process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`)
