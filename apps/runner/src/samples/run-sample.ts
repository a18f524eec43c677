/** A sample as a program of its own: input on standard input, result on standard output, progress on file descriptor 3. */
import { writeSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { Json } from '@sluice/protocol'
import { EXIT_BAD_INPUT } from '../exit-codes.ts'
import { digest } from './digest.ts'
import { fetchHealth } from './fetch.ts'
import { languages } from './languages.ts'
import { BadInput, createPace, secondsOf, type Sample, type SampleContext } from './sample.ts'

const PROGRESS_FD = 3
const SAMPLES: Record<string, Sample> = { digest, languages, fetch: fetchHealth }

/** Never returns normally: the process ends with the sample. */
export async function runSample(name: string, place: string): Promise<void> {
  const progress = progressChannel()
  try {
    const sample = SAMPLES[name]
    if (!sample) throw new BadInput(`there is no sample "${name}"`)
    const input = parseInput(await text(process.stdin))
    const result = await sample({ place, input, progress, pace: createPace(secondsOf(input)) })
    process.stdout.write(JSON.stringify(result), () => process.exit(0))
  } catch (error) {
    const exitCode = error instanceof BadInput ? EXIT_BAD_INPUT : 1
    process.stderr.write(`${describe(error)}\n`, () => process.exit(exitCode))
  }
}

function parseInput(json: string): Record<string, Json> {
  const input = json.trim() === '' ? {} : (JSON.parse(json) as Json)
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new BadInput('the input must be an object')
  return input
}

const EVERY_MS = 100

/** Progress is a courtesy: it is lost where nobody listens (no such descriptor, a full pipe), and the work goes on. */
function progressChannel(): SampleContext['progress'] {
  let lastAt = -EVERY_MS
  return (percent, message) => {
    if (percent < 100 && performance.now() - lastAt < EVERY_MS) return
    lastAt = performance.now()
    try {
      writeSync(PROGRESS_FD, `${JSON.stringify({ percent, message })}\n`)
    } catch {
      // As said above.
    }
  }
}

const describe = (error: unknown) => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
