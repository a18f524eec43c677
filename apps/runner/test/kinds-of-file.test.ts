import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createOutbound } from '@sluice/outbound'
import { createLog, WorkerRefused, type Kind } from '@sluice/worker'
import { readContent, watchContent } from '../src/file-content.ts'
import { writeFirstFile } from '../src/first-file.ts'
import { kindsOfFile, type FileState } from '../src/kinds-of-file.ts'
import { sampleFile } from '../src/sample-kinds.ts'
import { eventually } from './processes.ts'

const disposals: (() => void)[] = []
let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-file-'))
  file = join(folder, 'runner.json')
  disposals.push(() => rmSync(folder, { recursive: true }))
})
afterEach(() => {
  for (const dispose of disposals.splice(0).reverse()) dispose()
})

const withKinds = (...names: string[]) => JSON.stringify({ kinds: Object.fromEntries(names.map(name => [name, { command: ['/bin/true'] }])) })
const SAMPLES = ['sample.digest', 'sample.languages', 'sample.fetch']

/** A worker that writes down the kinds it is given, as slowly and as unwillingly as it is told. */
function setup(o: { change?: () => Promise<void>; pace?: { settleMs?: number; pollMs?: number } } = {}) {
  const log: { level: string; problem: unknown }[] = []
  const changes: string[][] = []
  const told: FileState[] = []
  const places = { folder, self: ['node', 'runner'], checkout: folder, controlPlane: 'http://127.0.0.1:1', outbound: createOutbound({ allowHosts: '', allowHttp: false }) }
  const { kinds, follow } = kindsOfFile({
    options: { file, resultMaxBytes: 1_000, cancelGraceMs: 1_000, commandEnv: {} }, places,
    log: createLog((level, _message, fields) => log.push({ level, problem: fields['problem'] })), pace: { settleMs: 10, ...o.pace }, tell: state => told.push(state),
  })
  const changeKinds = async (given: Record<string, Kind>) => {
    changes.push(Object.keys(given))
    await o.change?.()
  }
  disposals.push(follow({ changeKinds }))
  return { kinds: Object.keys(kinds), changes, told, errors: () => log.filter(entry => entry.level === 'error').map(entry => String(entry.problem)) }
}

describe('the first file', () => {
  test('is the samples, with the schema beside it, and readable by its owner only', () => {
    const nested = join(folder, 'new', 'runner.json')
    expect(writeFirstFile(nested)).toBe(true)
    expect(readFileSync(nested, 'utf8')).toBe(sampleFile())
    expect(statSync(nested).mode & 0o777).toBe(0o600)
    const schema = JSON.parse(readFileSync(join(folder, 'new', 'runner.schema.json'), 'utf8')) as object
    expect(schema).toEqual(JSON.parse(readFileSync(new URL('../runner.schema.json', import.meta.url), 'utf8')))
  })

  test('is never written over, and neither is a link that leads nowhere', () => {
    writeFileSync(file, 'mine')
    expect(writeFirstFile(file)).toBe(false)
    expect(readFileSync(file, 'utf8')).toBe('mine')
    const link = join(folder, 'link.json')
    symlinkSync(join(folder, 'nowhere'), link)
    expect(writeFirstFile(link)).toBe(false)
    expect(existsSync(join(folder, 'nowhere'))).toBe(false)
  })

  test('the schema follows our version, and stays away where somebody removed it', () => {
    writeFirstFile(file)
    const schema = join(folder, 'runner.schema.json')
    writeFileSync(schema, '{}')
    writeFirstFile(file)
    expect(readFileSync(schema, 'utf8')).toContain('"kinds"')
    unlinkSync(schema)
    writeFirstFile(file)
    expect(existsSync(schema)).toBe(false)
  })
})

describe('a runner\'s file that changes', () => {
  test('is read again: written in place, or put in its place by a rename', async () => {
    writeFileSync(file, withKinds('a'))
    const { kinds, changes } = setup({ pace: { pollMs: 60_000 } })
    expect(kinds).toEqual(['a'])
    writeFileSync(file, withKinds('a', 'b'))
    await eventually(() => changes.length === 1)
    writeFileSync(`${file}.tmp`, withKinds('c'))
    renameSync(`${file}.tmp`, file)
    await eventually(() => changes.length === 2)
    writeFileSync(file, withKinds('d'))
    await eventually(() => changes.length === 3)
    expect(changes).toEqual([['a', 'b'], ['c'], ['d']])
  })

  test('is found out by looking where nothing is told', async () => {
    mkdirSync(join(folder, 'real'))
    writeFileSync(join(folder, 'real', 'runner.json'), withKinds('a'))
    symlinkSync(join(folder, 'real', 'runner.json'), file)
    const { changes } = setup({ pace: { pollMs: 20 } })
    writeFileSync(join(folder, 'real', 'runner.json'), withKinds('b'))
    await eventually(() => changes.length === 1)
    expect(changes).toEqual([['b']])
  })

  test('that cannot be used leaves the kinds as they were, says so once, and can be mended', async () => {
    writeFileSync(file, withKinds('a'))
    const { changes, errors } = setup({ pace: { pollMs: 10 } })
    writeFileSync(file, '{ "kinds": { "a": {} } }')
    await eventually(() => errors().length === 1)
    writeFileSync(file, withKinds('a'))
    writeFileSync(file, withKinds('b'))
    await eventually(() => changes.length === 1)
    expect([errors(), changes]).toEqual([['/kinds/a lacks "command"'], [['b']]])
  })

  test('that is removed leaves the kinds as they were', async () => {
    writeFileSync(file, withKinds('a'))
    const { changes, errors } = setup()
    unlinkSync(file)
    await eventually(() => errors().length === 1)
    writeFileSync(file, withKinds('b'))
    await eventually(() => changes.length === 1)
    expect([errors(), changes]).toEqual([['the file is not there'], [['b']]])
  })

  test('only in its blanks is not registered again', async () => {
    writeFileSync(file, withKinds('a'))
    const { changes } = setup()
    writeFileSync(file, `${withKinds('a')}\n\n`)
    await eventually(() => 'text' in readContent(file))
    writeFileSync(file, withKinds('b'))
    await eventually(() => changes.length === 1)
    expect(changes).toEqual([['b']])
  })

  test('that the control plane refuses leaves the kinds as they were, and going back is no change', async () => {
    writeFileSync(file, withKinds('a'))
    const { changes, errors } = setup({ change: () => Promise.reject(new WorkerRefused('not with this token')) })
    writeFileSync(file, withKinds('b'))
    await eventually(() => errors().length === 1)
    writeFileSync(file, withKinds('a'))
    writeFileSync(file, withKinds('c'))
    await eventually(() => changes.length === 2)
    expect([errors()[0], changes]).toEqual(['not with this token', [['b'], ['c']]])
  })

  test('again while the control plane is away: only the latest is registered then', async () => {
    let answer: () => void = () => {}
    const away = new Promise<void>(resolve => (answer = resolve))
    writeFileSync(file, withKinds('a'))
    const { changes, errors } = setup({ change: () => away })
    writeFileSync(file, withKinds('b'))
    await eventually(() => changes.length === 1)
    // Each of these is seen before the next is written: what is refused on the way shows that it was.
    for (const [seen, text] of [withKinds('c'), withKinds('d'), withKinds('e')].entries()) {
      writeFileSync(file, `{ "${seen}" }`)
      await eventually(() => errors().length === seen + 1)
      writeFileSync(file, text)
    }
    writeFileSync(file, '{ "end" }')
    await eventually(() => errors().length >= 4)
    writeFileSync(file, withKinds('f'))
    answer()
    await eventually(() => changes.at(-1)?.[0] === 'f')
    expect(changes[0]).toEqual(['b'])
    expect(changes.length).toBeLessThanOrEqual(3)
  })

  test('and cannot be used at the start: the samples until it is mended', async () => {
    writeFileSync(file, 'nonsense')
    const { kinds, changes, errors } = setup()
    expect([kinds, errors().length]).toEqual([SAMPLES, 1])
    writeFileSync(file, withKinds('a'))
    await eventually(() => changes.length === 1)
    expect(changes).toEqual([['a']])
  })

  test('is told of: that it is in use, what is wrong with it and what runs meanwhile, that it was mended', async () => {
    writeFileSync(file, '{ "kinds": { "a": {}, "b": {} } }')
    const { told } = setup()
    expect(told).toEqual([{ problem: '/kinds/a lacks "command"', instead: 'samples' }])
    for (const [seen, text] of [withKinds('a'), '{ "kinds": ', withKinds('a')].entries()) {
      writeFileSync(file, text)
      await eventually(() => told.length === seen + 2)
    }
    expect(told.slice(1)).toEqual([
      { problem: null, instead: 'former' }, { problem: 'line 1, column 12 is not JSON: expected a value', instead: 'former' }, { problem: null, instead: 'former' },
    ])
  })

  test('and breaks while what it said is registered is not told to be in use', async () => {
    let answer: () => void = () => {}
    writeFileSync(file, withKinds('a'))
    const { changes, told } = setup({ change: () => new Promise<void>(resolve => (answer = resolve)) })
    writeFileSync(file, withKinds('b'))
    await eventually(() => changes.length === 1)
    writeFileSync(file, '{}')
    await eventually(() => told.length === 2)
    answer()
    writeFileSync(file, withKinds('c'))
    await eventually(() => changes.length === 2)
    expect(told.map(state => state.problem === null)).toEqual([true, false])
    answer()
    await eventually(() => told.length === 3)
  })

  test('that the control plane refuses is told of with its reason', async () => {
    writeFileSync(file, withKinds('a'))
    const { told } = setup({ change: () => Promise.reject(new WorkerRefused('not with this token')) })
    writeFileSync(file, withKinds('b'))
    await eventually(() => told.length === 2)
    expect(told[1]).toEqual({ problem: 'the control plane refuses it: not with this token', instead: 'former' })
  })

  test('and is too large to be one is not read', () => {
    writeFileSync(file, 'x'.repeat(1024 ** 2 + 1))
    expect(readContent(file)).toEqual({ problem: 'has 1048577 bytes, more than 1048576' })
  })

  test('in a folder that is not there yet is found once it is', async () => {
    const late = join(folder, 'late', 'runner.json')
    const seen: string[] = []
    disposals.push(watchContent({ file: late, known: readContent(late), pollMs: 10, settleMs: 10, onChange: content => seen.push('text' in content ? content.text : content.problem) }))
    mkdirSync(join(folder, 'late'))
    writeFileSync(late, 'here')
    await eventually(() => seen.includes('here'))
  })
})
