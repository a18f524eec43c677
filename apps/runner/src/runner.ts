/**
 * The bundled runner: a worker whose kinds are commands. It keeps its commands over a restart of the control plane (the SDK waits), leaves
 * properly on SIGTERM, at once on a second one, and by itself when the supervisor that started it is gone.
 */
import { createWorker, standardLog, type Worker } from '@sluice/worker'
import { toKind } from './command-kind.ts'
import { startGuard } from './guard.ts'
import { readOptions, type RunnerOptions } from './options.ts'
import { endGroupsAtExit } from './process-groups.ts'
import { sampleKinds } from './sample-kinds.ts'
import { findCheckout, thisProgram } from './this-program.ts'

/** What is recorded with every attempt. */
const CODE_VERSION = '0.1.0'
/** The control plane is usually on the same machine and back in a moment; a start waits for this runner to be registered. */
const BACKOFF = { minMs: 50, maxMs: 500 }

/** Resolves never: the process ends with the runner, with exit code 0 after a stop. */
export async function runRunner(): Promise<void> {
  const options = optionsOrExit()
  endGroupsAtExit()
  startGuard(thisProgram(), options.commandEnv)
  const worker = createWorker(workerOptions(options))
  stopOnSignals(worker, options)
  if (options.supervised) endWithSupervisor()
  try {
    await worker.start()
    await worker.closed
    process.exit(0)
  } catch (error) {
    standardLog.error('the runner cannot go on', { error: String(error) })
    process.exit(1)
  }
}

function workerOptions({ url, firstUrl, token, capacity, graceMs, cancelGraceMs, commandEnv }: RunnerOptions) {
  const table = sampleKinds({ self: thisProgram(), checkout: findCheckout(), url: firstUrl })
  const kinds = Object.fromEntries(Object.entries(table).map(([name, spec]) => [name, toKind(spec, { env: commandEnv, cancelGraceMs })]))
  return { name: 'runner', url, token, capacity, graceMs, kinds, codeVersion: CODE_VERSION, backoff: BACKOFF }
}

/** Ctrl-C reaches every process of the terminal; under a supervisor it is the supervisor that decides what it means. */
function stopOnSignals(worker: Worker, { supervised }: RunnerOptions) {
  let asked = false
  const stop = () => {
    if (asked) process.exit(1)
    asked = true
    standardLog.info('stopping: no more claims, what runs may finish', {})
    void worker.stop()
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', () => {
    if (!supervised) stop()
  })
}

/** Whatever became of it, its death closes this pipe. Nobody is left to stop the commands, so they end here. */
function endWithSupervisor() {
  process.stdin.on('end', () => process.exit(1)).on('error', () => process.exit(1)).resume()
}

function optionsOrExit(): RunnerOptions {
  try {
    return readOptions()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}
