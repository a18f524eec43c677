/** `--check FILE`: says whether a runner's file can be used, and ends with 0 or 1. Nothing is registered, run or called. */
import { resolve } from 'node:path'
import { readContent } from './file-content.ts'
import { readOptionsWithoutToken } from './options.ts'
import { readRunnerFile, RunnerFileRefused } from './runner-file.ts'
import { placesOf } from './runner.ts'

export function checkFile(name: string): void {
  const file = resolve(name)
  const problems = problemsOf(file)
  if (typeof problems === 'string') process.stdout.write(`${problems}\n`)
  for (const problem of typeof problems === 'string' ? [] : problems) process.stderr.write(`${file}: ${problem}\n`)
  process.exitCode = typeof problems === 'string' ? 0 : 1
}

function problemsOf(file: string): readonly string[] | string {
  const content = readContent(file)
  if ('problem' in content) return [content.problem]
  try {
    const names = Object.keys(readRunnerFile(content.text, placesOf({ ...readOptionsWithoutToken(), file })))
    return `${file} is well formed: ${names.join(', ')}`
  } catch (error) {
    if (error instanceof RunnerFileRefused) return error.problems
    throw error
  }
}
