/** Sluice does not start, or a verb does not run; the message is all that is printed, so it says what to do. */
export class Refused extends Error {
  override name = 'Refused'
}

/** Errors whose message is meant for the person at the terminal. Everything else is a bug and shows its stack. */
const SENTENCES = ['Refused', 'BackupRefused', 'ConfigRefused', 'EmbeddedUnavailable', 'FolderInUse', 'MajorDiffers', 'MigrationRefused']

export function toText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return SENTENCES.includes(error.name) ? error.message : (error.stack ?? error.message)
}

/** Runs a program to its end: what it throws is printed, and the exit code says so. */
export async function runProgram(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    process.stderr.write(`${toText(error)}\n`)
    process.exitCode = 1
  }
}
