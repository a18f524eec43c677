import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { createOutbound } from '@sluice/outbound'
import { runHandler } from '@sluice/worker/testing'
import { commandKind, type CommandKind } from '../src/command-kind.ts'
import { readRunnerFile, RunnerFileRefused, type FilePlaces } from '../src/runner-file.ts'
import { sampleFile } from '../src/sample-kinds.ts'

const places: FilePlaces = {
  folder: '/data', self: ['/node', '/runner.js'], checkout: '/checkout', controlPlane: 'http://127.0.0.1:4400',
  outbound: createOutbound({ allowHosts: 'hooks.corp.example, 10.0.0.0/8', allowHttp: false }),
}
const read = (kinds: object | string) => readRunnerFile(typeof kinds === 'string' ? kinds : JSON.stringify({ kinds }), places)
const problems = (kinds: object | string): readonly string[] => {
  try {
    read(kinds)
    return []
  } catch (error) {
    if (error instanceof RunnerFileRefused) return error.problems
    throw error
  }
}

describe('a runner\'s file', () => {
  test('a command: folders count from the file, words in braces are filled in', () => {
    expect(read({
      build: {
        title: 'Build', command: ['make', '-C', '{checkout}', '--', '{input.target}'], cwd: 'work', env: { CI: '1', AT: '{controlPlane}' }, timeout: '10m',
        inputSchema: { type: 'object' }, defaults: { lane: 'slow', maxAttempts: 2 },
      },
      self: { command: ['{runner}', 'sample', '{runner}x'] }, there: { command: ['x'], cwd: '/abs' },
    })).toEqual({
      build: {
        title: 'Build', command: ['make', '-C', '/checkout', '--', '{input.target}'], cwd: '/data/work', env: { CI: '1', AT: 'http://127.0.0.1:4400' }, timeoutMs: 600_000,
        inputSchema: { type: 'object' }, defaults: { lane: 'slow', maxAttempts: 2 },
      },
      self: { command: ['/node', '/runner.js', 'sample', '{runner}x'], cwd: '/data', env: {}, timeoutMs: null },
      there: { command: ['x'], cwd: '/abs', env: {}, timeoutMs: null },
    })
  })

  test('a URL: POST unless told otherwise', () => {
    expect(read({ call: { url: 'https://example.com/{input.id}?q={input.q}' }, get: { url: 'https://hooks.corp.example', method: 'GET', headers: { 'x-a': 'b' }, timeout: '5s' } })).toEqual({
      call: { url: 'https://example.com/{input.id}?q={input.q}', method: 'POST', headers: {}, timeoutMs: null },
      get: { url: 'https://hooks.corp.example', method: 'GET', headers: { 'x-a': 'b' }, timeoutMs: 5_000 },
    })
  })

  test('the samples are a file like any other, and a byte order mark is no harm', () => {
    expect(Object.keys(read(`\uFEFF${sampleFile()}`))).toEqual(['sample.digest', 'sample.languages', 'sample.fetch'])
  })

  test.each<[object | string, string]>([
    ['{ "kinds": { "a": { "command": ["x"], } } }', 'line 1, column 39 is not JSON: expected a name in double quotes'],
    ['{\n  "kinds": oops\n}', 'line 2, column 12 is not JSON'],
    ['', 'line 1, column 1 is not JSON: expected a value'],
    ['{ "kinds": {} } // mine', 'line 1, column 17 is not JSON: expected nothing more'],
    ['{\n  "kinds": {\n    "a": { "command": ["x ] } } }', 'line 3, column 24 is not JSON: expected a value or ]'],
    ['[]', '/ must be object'],
    ['{}', '/kinds names no kind; one looks like "my.kind": { "command": ["my-program"] }'],
    ['{ "kinds": { "a": [1 2] } }', 'line 1, column 22 is not JSON: expected a comma or the closing bracket'],
    ['{ "kinds" }', 'line 1, column 11 is not JSON: expected a colon'], ['{ "kinds": ]', 'line 1, column 12 is not JSON: expected a value'],
    ['{ "kinds": {', 'line 1, column 13 is not JSON: expected a name in double quotes or }'],
    [{}, '/kinds names no kind'],
    [{ a: {} }, '/kinds/a lacks "command"'],
    [{ a: { command: 'rm -rf' } }, '/kinds/a/command must be array'],
    [{ a: { command: [] } }, '/kinds/a/command must NOT have fewer than 1 items'],
    [{ a: { command: ['x', 3] } }, '/kinds/a/command/1 must be string'],
    [{ a: { command: ['x', 'a\0'] } }, '/kinds/a/command/1 must match pattern'],
    [{ a: { command: [''] } }, '/kinds/a/command/0 must name a program'],
    [{ a: { command: ['x'], comand: [] } }, '/kinds/a has the unknown member "comand"'],
    [{ a: { command: ['x'], url: 'https://example.com' } }, '/kinds/a has both command and url; a kind is one of them'],
    [{ a: { url: 'https://example.com', cwd: '.' } }, '/kinds/a has the unknown member "cwd"'],
    [{ a: { command: ['x'], timeout: '10' } }, '/kinds/a/timeout must be a duration such as 45s, 10m, 24h'],
    [{ a: { command: ['x'], timeout: '0s' } }, '/kinds/a/timeout must be a duration such as 45s, 10m, 24h'],
    [{ a: { url: 'https://example.com', timeout: 5 } }, '/kinds/a/timeout must be a duration such as 45s, 10m, 24h'],
    [{ a: { command: ['x'], timeout: '30d' } }, '/kinds/a/timeout is longer than 24 days'],
    [{ a: { command: ['x'], env: { 'A=B': '1' } } }, '/kinds/a/env has the name "A=B"'],
    [{ a: { command: ['x'], env: { A: '{input.x}' } } }, '/kinds/a/env/A cannot come from the input'],
    [{ a: { command: ['x'], cwd: '{input.x}' } }, '/kinds/a/cwd cannot come from the input'],
    [{ a: { command: ['{input.x}'] } }, '/kinds/a/command/0 is the program and cannot come from the input'],
    [{ a: { command: ['x', '{input}'] } }, '/kinds/a/command/1 has {input}, which is no placeholder'],
    [{ a: { command: ['x', '--to={inputs.x}'] } }, '/kinds/a/command/1 has {inputs.x}, which is no placeholder; one looks like {input.name}'],
    [{ a: { command: ['make', '-C', '{inputs.x}'] } }, '/kinds/a/command/2 has {inputs.x}, which is no placeholder'],
    [{ a: { command: ['x', '{Input.x.y}'] } }, '/kinds/a/command/1 has {Input.x.y}, which is no placeholder'],
    [{ a: { command: ['sh', '-c', 'echo "$1"', 'sh', '{flow.id}'] } }, '/kinds/a/command/4 has {flow.id}, which is no placeholder'],
    [{ a: { url: 'https://example.com/{inputs.x}' } }, '/kinds/a/url has {inputs.x}, which is no placeholder; one looks like {input.name}'],
    [{ a: { url: 'https://example.com/{id}' } }, '/kinds/a/url has {id}, which is no placeholder'],
    [{ a: { url: 'https://example.com/{input.x}?q={{input.q}}' } }, '/kinds/a/url has {}, which is no placeholder'],
    [{ a: { command: ['/bin/sh', '-c', 'echo {input.x}'] } }, '/kinds/a/command/2 is a script for sh, which would run what the input says'],
    [{ a: { command: ['bash', '-ec', 'echo {input.x}'] } }, '/kinds/a/command/2 is a script for bash'],
    [{ a: { command: ['cmd.exe', '/c', 'echo {input.x}'] } }, '/kinds/a/command/2 is a script for cmd.exe'],
    [{ a: { command: ['x'], inputSchema: { type: 'objekt' } } }, '/kinds/a/inputSchema is not a JSON Schema'],
    [{ a: { command: ['x'], inputSchema: { $async: true, type: 'strin' } } }, '/kinds/a/inputSchema is not a JSON Schema'],
    [{ a: { command: ['x'], defaults: { priority: 9001 } } }, '/kinds/a/defaults/priority must be <= 9000'],
    [{ a: { command: ['x'], defaults: { onLeaseLost: 'MAYBE' } } }, '/kinds/a/defaults/onLeaseLost must be one of FAIL, RETRY'],
    [{ 'a/b': { url: 'https://example.com', method: 'TRACE' } }, '/kinds/a~1b/method must be one of GET'],
    [{ a: { url: 'https://{input.host}/' } }, '/kinds/a/url must match pattern'],
    [{ a: { url: 'https://example.com:{input.port}/' } }, '/kinds/a/url must match pattern'],
    [{ a: { url: '{input.scheme}://example.com/' } }, '/kinds/a/url must match pattern'],
    [{ a: { url: 'https://example.com/#a' } }, '/kinds/a/url must match pattern'],
    [{ a: { url: 'https://example.com/x\\{input.v}' } }, '/kinds/a/url must match pattern'],
    [{ a: { url: 'https://example.com/.\t{input.v}' } }, '/kinds/a/url must match pattern'],
    [{ a: { url: 'https://example.com/{input}' } }, '/kinds/a/url has {input}, which is no placeholder'],
    [{ a: { url: 'http://example.com/' } }, '/kinds/a/url: the URL must begin with https:// (WEBHOOK_ALLOW_HTTP=true lifts this)'],
    [{ a: { url: 'http://127.0.0.1:5699/{input.x}' } }, '/kinds/a/url: the URL must begin with https:// (WEBHOOK_ALLOW_HTTP=true lifts this); 127.0.0.1 leads to this machine itself'],
    [{ a: { url: 'https://169.254.169.254/{input.x}' } }, '/kinds/a/url: 169.254.169.254 leads to a metadata service'],
    [{ a: { url: 'https://2130706433/' } }, '/kinds/a/url: 127.0.0.1 leads to this machine itself'],
    [{ a: { url: 'https://user:pw@example.com/' } }, '/kinds/a/url: the URL must not carry a user name or password (no knob lifts this)'],
    [{ a: { url: 'https://example.com', headers: { Host: 'x' } } }, '/kinds/a/headers/Host is set by the connection itself'],
    [{ a: { url: 'https://example.com', headers: { a: 'b\r\nc: d' } } }, '/kinds/a/headers/a must match pattern'],
  ])('%j is refused: %s', (kinds, problem) => {
    expect(problems(kinds)[0]?.startsWith(problem)).toBe(true)
  })

  test('every problem is told, up to five', () => {
    expect(problems({ a: { command: ['{input}'] }, b: { command: ['x'], timeout: '99d' }, c: { url: 'https://10.0.0.1' }, d: { url: 'https://[::1]/' } })).toEqual([
      '/kinds/a/command/0 has {input}, which is no placeholder; one looks like {input.name}', '/kinds/b/timeout is longer than 24 days',
      '/kinds/d/url: ::1 leads to this machine itself (WEBHOOK_ALLOW_HOSTS=::1 lifts this)',
    ])
  })

  test('a bad name is one line that says what a name may be', () => {
    expect(problems({ 'a b': { command: ['x'] }, [`${'x'.repeat(64)}y`]: { command: ['x'] } })).toEqual(['a b', `${'x'.repeat(64)}y`].map(name =>
      `/kinds has the name "${name}", which must be 1 to 64 letters, digits and . _ : / -, a letter or digit first`))
  })

  test('braces of other programs are theirs', () => {
    expect(problems({
      a: { command: ['docker', 'ps', '--format={{json .}} {{a.b}}'] }, b: { command: ['python3', '-c', 'print(f"{sys.version}")'] }, c: { command: ['mvn', '-Dx=${project.version}'] },
      d: { command: ['awk', '{print}'] }, e: { command: ['git', 'show', 'HEAD@{1.day.ago}'] },
    })).toEqual([])
  })

  test('a script of a shell may take the input as its argument', () => {
    expect(problems({ a: { command: ['sh', '-c', 'echo "$1"', 'sh', '{input.x}'] } })).toEqual([])
  })
})

describe('docs/runner.md', () => {
  const page = readFileSync(new URL('../../../docs/runner.md', import.meta.url), 'utf8')
  const schema = JSON.parse(readFileSync(new URL('../runner.schema.json', import.meta.url), 'utf8')) as { $defs: Record<string, { properties?: Record<string, unknown> }> }

  test('names every member of the schema', () => {
    const members = Object.entries(schema.$defs).flatMap(([name, def]) => Object.keys(def.properties ?? {}).map(member => (name === 'defaults' ? `defaults.${member}` : member)))
    expect(members.filter(member => !page.includes(`| \`${member}\` |`))).toEqual([])
  })

  test('its examples of files can be used', () => {
    const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(match => match[1] ?? '')
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) expect(problems(example)).toEqual([])
  })

  test('the smallest of them does what the page says', async () => {
    const [, text = ''] = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(match => match[1] ?? '')
    const spec = { ...read(text)['example.greet'], cwd: tmpdir() } as CommandKind
    const surroundings = { env: { PATH: '/usr/bin:/bin' }, cancelGraceMs: 1_000, resultMaxBytes: 1_000 }
    expect(await runHandler(commandKind(spec, surroundings), { input: { name: 'Ada' } }).outcome).toEqual({ status: 'FINISHED', result: 'hello Ada' })
  })
})
