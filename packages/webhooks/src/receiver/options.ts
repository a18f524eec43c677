/** What the program is told: by its arguments, then by the environment. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ANSWER_WORDS, OK, parseAnswer, type Answer } from './answer.ts'

export interface ProgramOptions {
  port: number
  answer: Answer
  /** How often; then 200. */
  times: number
  /** Whether bodies are printed. */
  showsBody: boolean
  /** Read again for each delivery: it may be made after this program was started. */
  secrets: () => string[]
  /** Where they come from, for people. */
  secretsFrom: string
  /** As it was named. */
  dataFolder: string
  /** Where the server is, or will be. */
  server: () => string
  /** What a server must be started with to be that one, before its other knobs. */
  settings: string
}

/** What was asked for cannot be done; the message says what can. */
export class Misused extends Error {
  override readonly name = 'Misused'
}

const PORT = 4401

export const HELP = `npm run receiver -- [PORT] [OPTIONS]

Receives webhooks on 127.0.0.1, verifies them and prints one line for each. For trying things and for tests, not for work.

  PORT, --port PORT      default ${PORT}, or RECEIVER_PORT
  --body                 prints each body as well
  --answer ANSWER        what it answers with, see below; default ok
  --times N              that often, then ok again
  --stall                the same as --answer stall
  --retry-after SECONDS  the same as --answer 429/SECONDS
  --help

ANSWER is one of

${ANSWER_WORDS.map(([word, meaning]) => `  ${word.padEnd(22)} ${meaning}`).join('\n')}

and the path of an address can be one as well: http://127.0.0.1:${PORT}/429/3, http://127.0.0.1:${PORT}/stall.
It verifies with FLOW_WEBHOOK_SECRET, else with webhook-secret in the data folder (SLUICE_DATA_DIR, .sluice by default), where the server keeps it.
`

type Environment = Record<string, string | undefined>

/** null: help was asked for. Throws Misused. */
export function readOptions(o: { args: string[]; env?: Environment; checkout: string }): ProgramOptions | null {
  const { values, positionals: [port, ...more] } = parse(o.args)
  if (values.help === true) return null
  if (more.length > 0) throw new Misused(`"${more.join(' ')}" is too much: a port and options are taken. --help lists them.`)
  const env = o.env ?? process.env
  return {
    port: numberOf(values.port ?? port ?? env['RECEIVER_PORT'] ?? String(PORT), { what: 'The port', max: 65_535 }),
    answer: answerOf(values),
    times: values.times === undefined ? Number.POSITIVE_INFINITY : numberOf(values.times, { what: '--times', max: 1_000_000 }),
    showsBody: values.body ?? false,
    ...secretsOf(env, o.checkout),
    ...serverOf(env, o.checkout),
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args, allowPositionals: true,
      options: {
        port: { type: 'string' }, body: { type: 'boolean' }, answer: { type: 'string' }, times: { type: 'string' }, stall: { type: 'boolean' },
        'retry-after': { type: 'string' }, help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new Misused(`${error instanceof Error ? error.message : String(error)}\n--help lists what is taken.`)
  }
}

function answerOf(values: ReturnType<typeof parse>['values']): Answer {
  const asked = [values.answer, values.stall ? 'stall' : undefined, values['retry-after'] === undefined ? undefined : `429/${values['retry-after']}`].filter(each => each !== undefined)
  const [word, ...more] = asked
  if (more.length > 0) throw new Misused('--answer, --stall and --retry-after say the same thing: one of them is enough.')
  const answer = word === undefined ? OK : parseAnswer(word)
  if (answer === null) throw new Misused(`"${word}" is no answer that it knows. --help lists them.`)
  return answer
}

function numberOf(text: string, { what, max }: { what: string; max: number }): number {
  if (!/^\d+$/.test(text) || Number(text) > max) throw new Misused(`${what} must be a whole number up to ${max}, not "${text}".`)
  return Number(text)
}

/** Two secrets, where one is being replaced by the other, are separated by white space or a comma. */
function secretsOf(env: Environment, checkout: string): Pick<ProgramOptions, 'secrets' | 'secretsFrom' | 'dataFolder'> {
  const [given, dataFolder] = [env['FLOW_WEBHOOK_SECRET'] ?? '', env['SLUICE_DATA_DIR'] ?? '.sluice']
  if (given !== '') return { secrets: () => listed(given), secretsFrom: 'FLOW_WEBHOOK_SECRET', dataFolder }
  const file = path.resolve(checkout, dataFolder, 'webhook-secret')
  return { secrets: () => listed(read(file)), secretsFrom: path.join(dataFolder, 'webhook-secret'), dataFolder }
}

/** The one that runs on this data folder says where it is; else it will be where the knobs of this environment say. */
function serverOf(env: Environment, checkout: string): Pick<ProgramOptions, 'server' | 'settings'> {
  const run = path.resolve(checkout, env['SLUICE_DATA_DIR'] ?? '.sluice', 'run.json')
  const settings = ['SLUICE_DATA_DIR', 'PORT'].filter(name => env[name]).map(name => `${name}=${env[name]} `).join('')
  return { settings, server: () => /"address": "([^"]+)"/.exec(read(run))?.[1] ?? `http://127.0.0.1:${env['PORT'] || 4400}` }
}

const listed = (text: string): string[] => text.split(/[\s,]+/).filter(each => each !== '')

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
