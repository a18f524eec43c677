/** What the runner tells of its file over the channel: one line when it cannot be used, and one when it can again. */
interface RunnerFile {
  file: string
  /** null = it is in use. */
  problem: string | null
  /** What runs while it cannot be used. */
  instead: 'samples' | 'former'
}

export interface RunnerFileNews {
  /** Takes any message; what is none about the file is passed over. */
  hear(message: unknown): void
  /** For the announcement: what there is to say, or null. From then on each change is said. */
  atStart(): string | null
}

export function runnerFileNews(say: (line: string) => void): RunnerFileNews {
  let told: string | null = null
  let isAnnounced = false
  return {
    hear: message => {
      const heard = runnerFileOf(message)
      if (heard === null) return
      const fault = faultOf(heard)
      // A runner that was started again says once more what everybody knows.
      if (fault === told) return
      told = fault
      if (isAnnounced) say(`The runner: ${fault ?? `${heard.file} is in use again.`}`)
    },
    atStart: () => {
      isAnnounced = true
      return told
    },
  }
}

function faultOf({ file, problem, instead }: RunnerFile): string | null {
  if (problem === null) return null
  const so = instead === 'samples' ? 'only the samples run' : 'its kinds stay as they were'
  return `${file} cannot be used, so ${so}: ${problem.replaceAll(/\p{Cc}+/gu, ' ')}`
}

function runnerFileOf(message: unknown): RunnerFile | null {
  const told = (message as { runnerFile?: Partial<RunnerFile> } | null)?.runnerFile
  if (typeof told?.file !== 'string') return null
  return { file: told.file, problem: typeof told.problem === 'string' ? told.problem : null, instead: told.instead === 'samples' ? 'samples' : 'former' }
}
