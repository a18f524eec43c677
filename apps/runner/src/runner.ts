/**
 * The bundled runner: a worker whose kinds are what its file says. It keeps its commands over a restart of the control plane (the SDK waits), leaves
 * properly on SIGTERM, at once on a second one, and by itself when the supervisor that started it is gone.
 */
import { dirname } from 'node:path'
import { createOutbound } from '@sluice/outbound'
import { createWorker, standardLog, type Worker } from '@sluice/worker'
import { writeFirstFile } from './first-file.ts'
import { startGuard } from './guard.ts'
import { kindsOfFile } from './kinds-of-file.ts'
import { readOptions, type RunnerOptions } from './options.ts'
import { endGroupsAtExit } from './process-groups.ts'
import type { FilePlaces } from './runner-file.ts'
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
  firstFile(options)
  const { kinds, follow } = kindsOfFile({ options, places: placesOf(options), tell: state => tellSupervisor({ runnerFile: { file: options.file, ...state } }) })
  const { url, token, capacity, graceMs } = options
  const closeTracing = options.tracing === null ? null : (await import('./tracing.ts')).openTracing({ protocol: options.tracing, version: CODE_VERSION })
  const worker = createWorker({ name: 'runner', url, token, capacity, graceMs, kinds, codeVersion: CODE_VERSION, backoff: BACKOFF })
  stopOnSignals(worker, options)
  if (options.supervised) endWithSupervisor()
  try {
    await worker.start()
    tellSupervisor({ registered: true })
    follow(worker)
    await worker.closed
    await closeTracing?.()
    process.exit(0)
  } catch (error) {
    standardLog.error('the runner cannot go on', { error: String(error) })
    process.exit(1)
  }
}

/** A folder that cannot be written to is no reason not to work: the samples stand in for the file. */
function firstFile({ file }: RunnerOptions) {
  try {
    if (writeFirstFile(file)) standardLog.info('wrote a runner\'s file with the samples', { file })
  } catch (error) {
    standardLog.warn('no runner\'s file could be written', { file, problem: String(error) })
  }
}

export const placesOf = ({ file, firstUrl, allowHosts, allowHttp }: Pick<RunnerOptions, 'file' | 'firstUrl' | 'allowHosts' | 'allowHttp'>): FilePlaces => ({
  folder: dirname(file), self: thisProgram(), checkout: findCheckout(), controlPlane: firstUrl,
  outbound: createOutbound({ allowHosts, allowHttp }),
})

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

/** Who started it may have a channel to it, and people before a terminal. Without one, or when it is closed, the log has to do. */
function tellSupervisor(message: object) {
  process.send?.(message, undefined, undefined, () => undefined)
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
