/**
 * The kinds of a worker, as the runner's file says them now. A change that can be used is registered, one that cannot leaves the former
 * kinds at work and is one line in the log, and one where the runner was started. The latest text wins where several came while the control
 * plane was away.
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
  /** Hears how the file is at the start, and whenever it is read or refused after that. Default: nobody does. */
  tell?: (state: FileState) => void
  pace?: Pick<WatchOptions, 'settleMs' | 'pollMs'>
}

/** Whether the file can be used. */
export interface FileState {
  /** The first thing that is wrong with it; null = it is in use. */
  problem: string | null
  /** What runs while it cannot be used: the samples, or what the file said before. */
  instead: 'samples' | 'former'
}

export interface KindsOfFile {
  /** To begin with: the file's, or the samples where it cannot be used. */
  kinds: Record<string, Kind>
  /** Changes the worker's kinds whenever the file changes. Returns what ends it. */
  follow(worker: Pick<Worker, 'changeKinds'>): () => void
}

export function kindsOfFile({ options, places, log = standardLog, tell = () => undefined, pace }: KindsOfFileOptions): KindsOfFile {
  const { file } = options
  const known = readContent(file)
  let instead: FileState['instead'] = 'samples'
  let isUsable = true
  const read = (content: FileContent): KindSpecs | null => {
    try {
      if ('problem' in content) throw new RunnerFileRefused([`the file ${content.problem}`])
      const specs = readRunnerFile(content.text, places)
      isUsable = true
      return specs
    } catch (error) {
      if (!(error instanceof RunnerFileRefused)) throw error
      isUsable = false
      log.error(`the runner's file cannot be used; ${OTHERWISE[instead]}`, { file, problem: error.message })
      tell({ problem: error.problems[0] ?? '', instead })
      return null
    }
  }
  /** A file may have broken while what it said before was registered. */
  const inUse = () => {
    instead = 'former'
    if (isUsable) tell({ problem: null, instead })
  }
  const first = read(known)
  if (first) inUse()
  let current = first ?? readRunnerFile(sampleFile(), places)

  const change = async (worker: Pick<Worker, 'changeKinds'>, specs: KindSpecs) => {
    try {
      if (isSame(specs, current)) return inUse()
      await worker.changeKinds(kindsOf(specs, { options, places }))
      current = specs
      inUse()
      log.info('the runner\'s file was read again', { file, kinds: Object.keys(specs) })
    } catch (error) {
      if (!(error instanceof WorkerRefused || error instanceof TypeError)) throw error
      log.error(`the control plane refuses the runner's file; ${OTHERWISE[instead]}`, { file, problem: error.message })
      if (isUsable) tell({ problem: `the control plane refuses it: ${error.message}`, instead })
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

const OTHERWISE = { samples: 'the samples are done until it is mended', former: 'the kinds stay as they were' }

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
