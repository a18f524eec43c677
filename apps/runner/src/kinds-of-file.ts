/**
 * The kinds of a worker, as the runner's file says them now. A change that can be used is registered, one that cannot leaves the former
 * kinds at work and is one line in the log. The latest text wins where several came while the control plane was away.
 */
import { standardLog, WorkerRefused, type Kind, type Log, type Worker } from '@sluice/worker'
import { commandKind } from './command-kind.ts'
import { readContent, watchContent, type FileContent, type WatchOptions } from './file-content.ts'
import type { RunnerOptions } from './options.ts'
import { readRunnerFile, RunnerFileRefused, type FilePlaces, type KindSpecs } from './runner-file.ts'
import { sampleFile } from './sample-kinds.ts'
import { urlKind } from './url-kind.ts'

export interface KindsOfFileOptions {
  options: Pick<RunnerOptions, 'file' | 'resultMaxBytes' | 'cancelGraceMs' | 'commandEnv'>
  places: FilePlaces
  /** Default: JSON lines on standard error. */
  log?: Log
  pace?: Pick<WatchOptions, 'settleMs' | 'pollMs'>
}

export interface KindsOfFile {
  /** To begin with: the file's, or the samples where it cannot be used. */
  kinds: Record<string, Kind>
  /** Changes the worker's kinds whenever the file changes. Returns what ends it. */
  follow(worker: Pick<Worker, 'changeKinds'>): () => void
}

export function kindsOfFile({ options, places, log = standardLog, pace }: KindsOfFileOptions): KindsOfFile {
  const { file } = options
  const known = readContent(file)
  const complain = (message: string, problem: string) => log.error(message, { file, problem })
  const read = (content: FileContent, otherwise = 'the kinds stay as they were'): KindSpecs | null => {
    try {
      if ('problem' in content) throw new RunnerFileRefused([`the file ${content.problem}`])
      return readRunnerFile(content.text, places)
    } catch (error) {
      if (!(error instanceof RunnerFileRefused)) throw error
      complain(`the runner's file cannot be used; ${otherwise}`, error.message)
      return null
    }
  }
  let current = read(known, 'the samples are done until it is mended') ?? readRunnerFile(sampleFile(), places)

  const change = async (worker: Pick<Worker, 'changeKinds'>, specs: KindSpecs) => {
    if (isSame(specs, current)) return
    try {
      await worker.changeKinds(kindsOf(specs, { options, places }))
      current = specs
      log.info('the runner\'s file was read again', { file, kinds: Object.keys(specs) })
    } catch (error) {
      if (!(error instanceof WorkerRefused || error instanceof TypeError)) throw error
      complain('the control plane refuses the runner\'s file; the kinds stay as they were', error.message)
    }
  }

  return {
    kinds: kindsOf(current, { options, places }),
    follow: worker => {
      const offer = latestOnly((specs: KindSpecs) => change(worker, specs))
      const onChange = (content: FileContent) => {
        const specs = read(content)
        if (specs) offer(specs)
      }
      return watchContent({ ...pace, file, known, onChange })
    },
  }
}

const kindsOf = (specs: KindSpecs, { options, places }: Pick<KindsOfFileOptions, 'options' | 'places'>): Record<string, Kind> =>
  Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, 'url' in spec
    ? urlKind(spec, { ...options, outbound: places.outbound })
    : commandKind(spec, { ...options, env: options.commandEnv })]))

/** Blanks make no other kind; a registration for nothing would only drain what runs. */
const isSame = (a: KindSpecs, b: KindSpecs) => JSON.stringify(a) === JSON.stringify(b)

/** One act at a time; of what is offered meanwhile only the last is acted on. */
function latestOnly<T>(act: (item: T) => Promise<void>): (item: T) => void {
  let waiting: { item: T } | null = null
  let busy = false
  const go = async () => {
    busy = true
    for (let next = waiting; next !== null; next = waiting) {
      waiting = null
      await act(next.item)
    }
    busy = false
  }
  return item => {
    waiting = { item }
    if (!busy) void go()
  }
}
