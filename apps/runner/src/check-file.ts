/** `--check FILE`: says whether a runner's file can be used, and ends with 0 or 1. Nothing is registered, run or called. */
import { resolve } from 'node:path'
import { readContent } from './file-content.ts'
import { readOptionsWithoutToken } from './options.ts'
import { readRunnerFile, RunnerFileRefused } from './runner-file.ts'
import { placesOf } from './runner.ts'

export function checkFile(name: string): void {
  const { lines, isUsable } = verdictOn(resolve(name))
  const stream = isUsable ? process.stdout : process.stderr
  for (const line of lines) stream.write(`${line}\n`)
  process.exitCode = isUsable ? 0 : 1
}

/** One line per problem, or one with the kinds. */
export function verdictOn(file: string): { lines: readonly string[]; isUsable: boolean } {
  try {
    const content = readContent(file)
    if ('problem' in content) throw new RunnerFileRefused([content.problem])
    const kinds = Object.keys(readRunnerFile(content.text, placesOf({ ...readOptionsWithoutToken(), file })))
    return { lines: [`${file} can be used: ${kinds.join(', ')}`], isUsable: true }
  } catch (error) {
    if (!(error instanceof RunnerFileRefused)) throw error
    return { lines: error.problems.map(problem => `${file}: ${problem}`), isUsable: false }
  }
}
