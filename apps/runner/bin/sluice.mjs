// What a command says to the runner that runs it, through the runner's door for this lease (SLUICE_URL, SLUICE_TOKEN). Plain JavaScript on
// what Node has, so that it starts in an instant, whether the runner was built or not.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { parseArgs } from 'node:util'

const USAGE = `sluice ask KEY [--prompt TEXT] [--form FILE] [--decisions a,b] [--timeout 1h] [--on-timeout answer|fail|cancel] [--kind APPROVAL] [--answerable-by role:operator,…]
sluice progress PERCENT [MESSAGE]
sluice inputs`

/** 3 and 4 are answers; docs/runner.md lists them. */
const EXIT = { answered: 0, failed: 1, misused: 2, refused: 3, timedOut: 4 }

class Misuse extends Error {}

const OPTIONS = Object.fromEntries(['prompt', 'form', 'decisions', 'timeout', 'on-timeout', 'kind', 'answerable-by'].map(name => [name, { type: 'string' }]))
const list = text => text?.split(',').map(word => word.trim()).filter(word => word !== '')

function ask(args) {
  const { values, positionals } = parsed({ args, options: OPTIONS, allowPositionals: true })
  if (positionals.length !== 1) throw new Misuse('ask takes one KEY')
  return {
    path: '/ask',
    body: {
      key: positionals[0], prompt: values.prompt, form: values.form === undefined ? undefined : formIn(values.form), decisions: list(values.decisions),
      timeout: values.timeout, onTimeout: values['on-timeout'], kind: values.kind, answerableBy: list(values['answerable-by']),
    },
    done: answer => {
      print(answer)
      if (answer.by === 'timeout') return EXIT.timedOut
      return answer.decision === 'reject' ? EXIT.refused : EXIT.answered
    },
  }
}

function progress([percent = '', message, ...more]) {
  if (!/^(\d+(\.\d+)?|-)$/.test(percent) || more.length > 0) throw new Misuse('progress takes a PERCENT, or - for none, and a MESSAGE in quotes')
  return { path: '/progress', body: { percent: percent === '-' ? null : Number(percent), message }, done: () => EXIT.answered }
}

function inputs(args) {
  if (args.length > 0) throw new Misuse('inputs takes nothing')
  return {
    path: '/inputs',
    body: {},
    done: added => {
      print(added)
      return EXIT.answered
    },
  }
}

/** One line of JSON. */
const print = value => void process.stdout.write(`${JSON.stringify(value)}\n`)

function parsed(config) {
  try {
    return parseArgs(config)
  } catch (error) {
    throw new Misuse(error.message)
  }
}

function formIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Misuse(`${file} is no JSON Schema: ${error.message}`)
  }
}

/** An answer may take days: nothing here gives up waiting. */
async function say({ path, body }) {
  const { SLUICE_URL, SLUICE_TOKEN } = process.env
  if (!SLUICE_URL || !SLUICE_TOKEN) throw new Error('SLUICE_URL and SLUICE_TOKEN are not set: this is for commands that the runner runs')
  const asking = request(new URL(path, SLUICE_URL), { method: 'POST', headers: { authorization: `Bearer ${SLUICE_TOKEN}`, 'content-type': 'application/json' } })
  asking.end(JSON.stringify(body))
  try {
    const [response] = await once(asking, 'response')
    return { status: response.statusCode, said: await json(response) }
  } catch (error) {
    throw new Error(`the runner does not answer: ${error.message}`, { cause: error })
  }
}

async function main([verb, ...args]) {
  const words = { ask, progress, inputs }
  if (!Object.hasOwn(words, verb ?? '')) throw new Misuse(`there is ${Object.keys(words).join(', ')}`)
  const message = words[verb](args)
  const { status, said } = await say(message)
  if (status === 200) return message.done(said)
  process.stderr.write(`sluice ${verb}: ${said.message ?? `HTTP ${status}`}${said.code ? ` (${said.code})` : ''}\n`)
  return status === 400 ? EXIT.misused : EXIT.failed
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`sluice: ${error.message}\n${error instanceof Misuse ? `${USAGE}\n` : ''}`)
  process.exitCode = error instanceof Misuse ? EXIT.misused : EXIT.failed
}
