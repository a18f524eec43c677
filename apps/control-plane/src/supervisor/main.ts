import { readConfig } from '../config.ts'
import { runProgram } from './refused.ts'
import { supervise } from './supervise.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const stop = new AbortController()
const kill = new AbortController()

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)

await runProgram(() => supervise(readConfig(), { stop: stop.signal, kill: kill.signal, say }))

// Whatever a killed part left open must not keep a finished supervisor alive.
process.exit()

function onSignal(): void {
  if (!stop.signal.aborted) return stop.abort()
  kill.abort()
  process.exit(1)
}
