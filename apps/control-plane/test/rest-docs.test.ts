import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { STATUS_OF_CODE, STATUS_OF_DOOR_CODE } from '../src/doors/rest/problem.ts'
import { ALWAYS } from '../src/doors/rest/openapi.ts'
import { ROUTES } from '../src/doors/rest/routes.ts'
import { testServer, type TestServer } from './server.ts'

const PAGE = readFileSync(new URL('../../../docs/rest.md', import.meta.url), 'utf8')
const BLOCKS = [...PAGE.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => ({ language, text }))
const [SETTING, ...COMMANDS] = BLOCKS.flatMap(({ language, text }, at) => (language === 'sh' ? [{ command: text, shown: BLOCKS[at + 1] }] : []))

/** What is shown, with … for anything. */
const pattern = (text: string): RegExp => new RegExp(`^${text.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^\\n]*')}$`)

function likeIt(shown: unknown): unknown {
  if (typeof shown === 'string') return shown.includes('…') ? expect.stringMatching(pattern(shown)) : shown
  if (Array.isArray(shown)) return shown.map(likeIt)
  if (typeof shown !== 'object' || shown === null) return shown
  return expect.objectContaining(Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, likeIt(value)])))
}

describe('docs/rest.md', () => {
  test('has a row for every door, and a command that goes through it', () => {
    const lists = ROUTES.filter(({ path }) => path.startsWith('/export/') && !path.includes('{id}')).map(({ path }) => path)
    const others = ROUTES.filter(({ path }) => !lists.includes(path) || path === '/export/flows')
    const rows = [...PAGE.matchAll(/^\| `(GET|POST|PUT) (\S+)`/gm)].map(([, method, path]) => `${method} ${path}`)
    expect(rows.toSorted()).toEqual(others.map(({ method, path }) => `${method} ${path}`).toSorted())
    const written = (path: string): string => (lists.includes(path) ? path : `\\$SLUICE${path.replace('{id}', '\\$ID').replace('{name}', 'report.md')}["?]`)
    for (const { path } of ROUTES) expect(PAGE).toMatch(new RegExp(written(path)))
  })

  test('has the status of every code that a door may answer', () => {
    const codes = new Set([...ALWAYS, ...ROUTES.flatMap(({ refusals }) => refusals), 'METHOD_NOT_ALLOWED'])
    const statuses: Record<string, number> = { ...STATUS_OF_CODE, ...STATUS_OF_DOOR_CODE }
    const rows = [...PAGE.matchAll(/^\| ([A-Z_]+) \| (\d+) \|/gm)].map(([, code, status]) => `${code} ${status}`)
    expect(rows.toSorted()).toEqual([...codes].map((code) => `${code} ${statuses[code]}`).toSorted())
  })

  test('gives what it shows with a runner at work too: its flows are of a kind that none serves, and a cursor is sent as it came', () => {
    for (const { command } of COMMANDS) {
      expect(command).not.toMatch(/"kind": "sample\./)
      expect(command).not.toMatch(/\bsed\b/)
    }
  })

  test('begins with where and who, which is all that the commands need', () => {
    expect(SETTING?.command.match(/^\w+(?==)/gm)).toEqual(['SLUICE', 'TOKEN', 'AUTH', 'JSON'])
    expect(COMMANDS.length).toBeGreaterThan(10)
  })
})

const curl = spawnSync('curl', ['--version']).status === 0

describe.skipIf(!curl)('the commands of docs/rest.md, run as written', () => {
  let server: TestServer
  let outputs: string[] = []

  beforeAll(async () => {
    server = await testServer()
    const { token } = await server.principal('OPERATOR')
    const setting = SETTING?.command.split('\n').slice(2).join('\n') ?? ''
    const script = [`SLUICE=${server.url}`, `TOKEN=${token}`, setting, ...COMMANDS.map(({ command }) => `echo '@@@@'\n${command}`)].join('\n')
    const { stdout } = await promisify(execFile)('bash', ['-e', '-c', script], { maxBuffer: 50_000_000 })
    outputs = stdout.split('@@@@\n').slice(1)
  }, 60_000)
  afterAll(() => server.close())

  test.each(COMMANDS.map(({ command, shown }, at) => ({ command: command.split('\n')[0], shown, at })))('$command', ({ shown, at }) => {
    const output = outputs[at] ?? ''
    expect(output).not.toMatch(/"code":"(?!INVALID_INPUT|URL_NOT_ALLOWED)/)
    if (shown?.language === 'json') expect(JSON.parse(output)).toEqual(likeIt(JSON.parse(shown.text)))
    if (shown?.language === 'text') expect(output.trimEnd()).toMatch(pattern(shown.text.trimEnd()))
  })
})
