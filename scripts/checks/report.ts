import { fileURLToPath, pathToFileURL } from 'node:url'

export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url))

/** A check answers the sentences that say what is wrong; none means that it holds. */
export type Check = () => Promise<string[]>

/** Runs a check when its file is the program; exits non-zero when it does not hold. */
export async function runAsProgram(url: string, check: Check): Promise<void> {
  if (url !== pathToFileURL(process.argv[1] ?? '').href) return
  for (const sentence of await check()) {
    console.error(sentence)
    process.exitCode = 1
  }
}
