import { readServerConfig } from '../config.ts'
import { runProgram } from './refused.ts'
import { supervise } from './supervise.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const stop = new AbortController()
const kill = new AbortController()

/** A Ctrl-C comes from the terminal and once more from npm, which passes it on; `timeout` signals twice as well. */
const ONE_WISH_MS = 500
let askedAt = 0

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)

await runProgram(() => supervise(readServerConfig(), { stop: stop.signal, kill: kill.signal, say }))

// Whatever a killed part left open must not keep a finished supervisor alive.
process.exit()

function onSignal(): void {
  if (!stop.signal.aborted) {
    askedAt = Date.now()
    return stop.abort()
  }
  if (Date.now() - askedAt < ONE_WISH_MS) return
  kill.abort()
  process.exit(1)
}
