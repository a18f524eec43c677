import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runHandler } from '@sluice/worker/testing'
import { commandKind, type CommandKind } from '../src/command-kind.ts'
import { liveGroups } from '../src/process-groups.ts'
import { eventually, isAlive } from './processes.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-hostile-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Given { input?: unknown; cancelGraceMs?: number; maxBytes?: number; spec?: Partial<CommandKind> }

const runSpec = (spec: Partial<CommandKind>, { input = {}, cancelGraceMs = 30_000, maxBytes = 1024 ** 2 }: Given = {}) =>
  runHandler(
    commandKind({ command: [process.execPath], cwd: folder, env: {}, timeoutMs: null, ...spec }, { env: { PATH: '/usr/bin:/bin' }, cancelGraceMs, resultMaxBytes: maxBytes }),
    { input },
  )
/** A program that can say things on its progress channel. */
const run = (script: string, o: Given = {}) =>
  runSpec({ command: [process.execPath, '-e', `const say = text => require("fs").writeSync(3, JSON.stringify({ message: String(text) }) + "\\n"); ${script}`], ...o.spec }, o)
const shell = (script: string, o: Given = {}) => runSpec({ command: ['/bin/sh', '-c', script], ...o.spec }, o)

const said = (started: ReturnType<typeof run>) => started.progress.flatMap(report => report.message?.split(' ').map(Number) ?? [])
const FOREVER = 'setInterval(() => {}, 1000);'
const child = (options: string) => `const child = require("child_process").spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); ${FOREVER}"], ${options}); say(process.pid + " " + child.pid);`

describe('a command with other plans', () => {
  test('that ignores its timeout is killed with its children, and the attempt fails', async () => {
    const started = run(`process.on("SIGTERM", () => {}); ${child('{ stdio: "ignore" }')} ${FOREVER}`, { cancelGraceMs: 100, spec: { timeoutMs: 700 } })
    const outcome = await started.outcome
    expect(outcome).toMatchObject({
      status: 'FAILED', error: { code: 'COMMAND_TIMED_OUT', message: 'test did not end within 700 ms, and was ended', retryable: true, detail: { signal: 'SIGKILL' } },
    })
    expect(said(started)).toHaveLength(2)
    await eventually(() => !said(started).some(isAlive))
  })

  test('that heeds its timeout may say something first, and the attempt still fails', async () => {
    const outcome = await run(`process.on("SIGTERM", () => { console.error("tidy"); process.exit(0) }); ${FOREVER}`, { spec: { timeoutMs: 700 } }).outcome
    expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'COMMAND_TIMED_OUT', detail: { exitCode: 0, stderr: 'tidy\n' } } })
  })

  test('that is cancelled while it is being timed out is cancelled', async () => {
    const started = run(`process.on("SIGTERM", () => say(1)); ${FOREVER}`, { cancelGraceMs: 600, spec: { timeoutMs: 500 } })
    await eventually(() => said(started).length > 0)
    started.cancel()
    expect(await started.outcome).toEqual({ status: 'CANCELLED' })
  })

  test('whose children outlive it leaves nothing running, whatever they ignore', async () => {
    const started = run(`${child('{ stdio: "ignore" }')} child.unref(); console.log(1); process.exit(0)`)
    expect(await started.outcome).toEqual({ status: 'FINISHED', result: 1 })
    await eventually(() => !said(started).some(isAlive))
  })

  test('whose child keeps standard output open does not keep the flow open', async () => {
    const started = run(`${child('{ stdio: ["ignore", "inherit", "inherit"] }')} child.unref(); console.log(1); process.exit(0)`)
    expect(await started.outcome).toEqual({ status: 'FINISHED', result: 1 })
    await eventually(() => !said(started).some(isAlive))
  })

  test.runIf(process.platform === 'linux')('whose child left the process group leaves nothing running', async () => {
    const started = run(`${child('{ detached: true, stdio: ["ignore", "inherit", "inherit"] }')} child.unref(); console.log(1); process.exit(0)`)
    expect(await started.outcome).toEqual({ status: 'FINISHED', result: 1 })
    await eventually(() => !said(started).some(isAlive))
  })

  test('that forks again and again is ended with all of them', async () => {
    const started = shell('i=0; while [ $i -lt 50 ]; do sleep 300 & i=$((i+1)); done; echo "{\\"message\\": \\"$$\\"}" >&3; sleep 300', { cancelGraceMs: 200 })
    await eventually(() => said(started).length === 1)
    started.cancel()
    expect(await started.outcome).toEqual({ status: 'CANCELLED' })
    const [group = 0] = said(started)
    await eventually(() => !groupExists(group))
  })

  test('that ends by a signal says which', async () => {
    const outcome = await shell('kill -ABRT $$').outcome
    expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'COMMAND_FAILED', message: 'test was ended by SIGABRT', detail: { exitCode: null, signal: 'SIGABRT' } } })
  })

  test('that does not read its input and closes it at once ends as it wants', async () => {
    const input = { much: 'x'.repeat(250_000) }
    expect(await shell('exec <&-; echo done', { input }).outcome).toEqual({ status: 'FINISHED', result: 'done\n' })
    expect(await shell('head -c 1 >/dev/null; sleep 0.1; exit 4', { input }).outcome).toMatchObject({ status: 'FAILED', error: { detail: { exitCode: 4 } } })
  })

  test('that closes all it has and goes on is ended by a cancel', async () => {
    const started = shell('echo "{\\"message\\": \\"$$\\"}" >&3; exec <&- >&- 2>&- 3>&-; sleep 300')
    await eventually(() => said(started).length === 1)
    started.cancel()
    expect(await started.outcome).toEqual({ status: 'CANCELLED' })
  })
})

describe('a command that prints', () => {
  test('what is not UTF-8, or has a null byte, is a text with replacement characters', async () => {
    expect(await shell(String.raw`printf 'a\377b\000c'`).outcome).toEqual({ status: 'FINISHED', result: 'a\uFFFDb\uFFFDc' })
    const failed = await shell(String.raw`printf 'a\377b\000c' >&2; exit 1`).outcome
    expect(failed).toMatchObject({ status: 'FAILED', error: { message: 'test exited with code 1: a\uFFFDb\uFFFDc', detail: { stderr: 'a\uFFFDb\uFFFDc' } } })
  })

  test('exactly what a result may have is finished, one byte more fails', async () => {
    const prints = (bytes: number) => shell(`head -c ${bytes - 2} /dev/zero | tr '\\0' x | sed 's/.*/"&"/' | tr -d '\\n'`, { maxBytes: 1_000 }).outcome
    expect(await prints(1_000)).toEqual({ status: 'FINISHED', result: 'x'.repeat(998) })
    expect(await prints(1_001)).toMatchObject({
      status: 'FAILED', error: { code: 'RESULT_TOO_LARGE', message: 'test gave more than the 1000 bytes that a result may have (RESULT_MAX)', retryable: false },
    })
  })

  test('a text whose JSON is larger than a result may be fails, and does not fail to be reported', async () => {
    expect(await shell(String.raw`printf '\001\001\001'`, { maxBytes: 10 }).outcome).toMatchObject({ status: 'FAILED', error: { code: 'RESULT_TOO_LARGE' } })
  })

  test('JSON that nests for ever fails, and one that nests for a while is a result', async () => {
    const nested = (levels: number) => run(`process.stdout.write("[".repeat(${levels}) + "]".repeat(${levels}))`).outcome
    expect(await nested(400_000)).toMatchObject({ status: 'FAILED', error: { code: 'RESULT_TOO_DEEP', retryable: false } })
    expect(await nested(128)).toMatchObject({ status: 'FINISHED' })
  })

  test('megabytes on standard error keeps the last 4 KiB', async () => {
    const outcome = await shell('head -c 20000000 /dev/zero | tr "\\0" x >&2; echo end >&2; exit 2').outcome
    expect(outcome).toMatchObject({ status: 'FAILED', error: { message: expect.stringMatching(/^test exited with code 2: x{0,}/) as string, detail: { stderr: `${'x'.repeat(4092)}end\n` } } })
  })
})

describe('a command that cannot begin', () => {
  test.each<[string, Partial<CommandKind>, string]>([
    ['does not exist', { command: ['/no/such/program'] }, 'there is no program /no/such/program'],
    ['is not on the path', { command: ['no-such-program-anywhere'] }, 'there is no program no-such-program-anywhere'],
    ['has no folder', { command: ['/bin/true'], cwd: '/no/such/folder' }, 'its folder /no/such/folder does not exist'],
    ['is a folder', { command: [tmpdir()] }, `${tmpdir()} may not be executed`],
    ['is too long', { command: ['/bin/true', 'x'.repeat(300_000)] }, 'its arguments are longer than the system takes'],
  ])('because it %s says so, and is not tried again', async (_title, spec, why) => {
    const outcome = await runSpec(spec).outcome
    expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'COMMAND_NOT_STARTED', retryable: false } })
    expect(outcome).toMatchObject({ error: { message: expect.stringContaining(`test could not be started: ${why}`) as string } })
  })

  test('because it is not executable says so', async () => {
    const file = join(folder, 'script')
    writeFileSync(file, '#!/bin/sh\n')
    chmodSync(file, 0o600)
    const outcome = await runSpec({ command: [file] }).outcome
    expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'COMMAND_NOT_STARTED', retryable: false, message: expect.stringContaining('may not be executed') as string } })
  })

  test('because its input does not fit says so', async () => {
    const spec = { command: ['/bin/echo', '{input.name}'] }
    expect(await runSpec(spec, { input: { name: 'a  b' } }).outcome).toEqual({ status: 'FINISHED', result: 'a  b\n' })
    expect(await runSpec(spec).outcome).toMatchObject({
      status: 'FAILED', error: { code: 'INPUT_DOES_NOT_FIT', message: '{input.name} cannot be filled in: the input has no such value', retryable: false },
    })
  })
})

test('afterwards no group is left in the books', () => {
  expect(liveGroups()).toEqual([])
})

function groupExists(group: number): boolean {
  try {
    process.kill(-group, 0)
    return true
  } catch {
    return false
  }
}
