import type { Log } from '@sluice/db'

let hidden: string[] = []

/** From now on no line holds these values. It is the last line of defence: nothing should come here with one. */
export function hideInLog(secrets: string[]): void {
  // As they look in JSON.
  hidden = secrets.map(secret => JSON.stringify(secret).slice(1, -1))
}

/** One line of JSON per fact, on standard output. */
export const logLine: Log = (entry) => void process.stdout.write(`${textOf({ at: new Date().toISOString(), ...entry })}\n`)

function textOf(entry: Record<string, unknown>): string {
  return hidden.reduce((text, secret) => text.replaceAll(secret, '…'), JSON.stringify(entry))
}
