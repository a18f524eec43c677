import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { runHandler } from '@sluice/worker/testing'
import { commandKind, type CommandKind } from '../src/command-kind.ts'
import { eventually, isAlive } from './processes.ts'

interface Given { input?: unknown; cancelGraceMs?: number; spec?: Partial<CommandKind> }

const runSpec = (spec: Partial<CommandKind>, { input = {}, cancelGraceMs = 30_000 }: Given = {}) =>
  runHandler(
    commandKind(
      { command: [process.execPath], cwd: tmpdir(), env: {}, timeoutMs: null, ...spec },
      { env: { PATH: '/usr/bin:/bin' }, cancelGraceMs, resultMaxBytes: 1024 ** 2 },
    ),
    { input },
  )
const run = (script: string, o: Given = {}) => runSpec({ command: [process.execPath, '-e', script], ...o.spec }, o)

/** The pids that a script said over its progress channel. */
const pidsOf = (started: ReturnType<typeof run>) => started.progress.flatMap(report => report.message?.split(' ').map(Number) ?? [])
const SAY = 'const say = text => require("fs").writeSync(3, JSON.stringify({ message: text }) + "\\n");'
const WITH_CHILD = `${SAY}
  const child = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  say(process.pid + " " + child.pid);`

describe('what a command says', () => {
  test('input arrives as JSON on standard input, the result leaves as JSON on standard output', async () => {
    const echo = run('process.stdin.pipe(process.stdout)', { input: { a: [1, 'zwei'] } })
    expect(await echo.outcome).toEqual({ status: 'FINISHED', result: { a: [1, 'zwei'] } })
  })

  test('what is not JSON is a text, and a command need not read its input', async () => {
    expect(await run('console.log("plain words")').outcome).toEqual({ status: 'FINISHED', result: 'plain words\n' })
    expect(await run('', { input: { much: 'x'.repeat(200_000) } }).outcome).toEqual({ status: 'FINISHED', result: '' })
  })

  test('a non-zero exit is a failure with exit code, signal and the last 4 KiB of standard error', async () => {
    const outcome = await run('process.stderr.write("x".repeat(100000) + "\\nout of ink\\n"); process.exitCode = 3').outcome
    expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'COMMAND_FAILED', message: 'test exited with code 3: out of ink', retryable: true } })
    const kept = `${'x'.repeat(4096 - 12)}\nout of ink\n`
    expect(outcome).toMatchObject({ error: { detail: { exitCode: 3, signal: null, stderr: kept } } })
  })

  test('exit code 65 says that the input will never do', async () => {
    expect(await run('process.exit(65)').outcome).toMatchObject({ status: 'FAILED', error: { retryable: false, detail: { exitCode: 65 } } })
  })

  test('a command ended by a signal from elsewhere is a failure that names it', async () => {
    const outcome = await run('process.kill(process.pid, "SIGKILL")').outcome
    expect(outcome).toMatchObject({ status: 'FAILED', error: { retryable: true, detail: { exitCode: null, signal: 'SIGKILL' } } })
  })

  test('a flood on standard output is bounded: the command is ended, the flow fails', async () => {
    const outcome = await run('const write = () => { while (process.stdout.write("x".repeat(65536))); process.stdout.once("drain", write) }; write()').outcome
    expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'RESULT_TOO_LARGE', retryable: false } })
  })

  test('a command that does not exist is a failure that no retry helps', async () => {
    const outcome = await runSpec({ command: ['/no/such/program'] }).outcome
    const message = 'test could not be started: there is no program /no/such/program'
    expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'COMMAND_NOT_STARTED', retryable: false, message } })
  })

  test('progress is JSON lines on descriptor 3, and anything else there is ignored', async () => {
    const lines = ['noise', '[1]', '', '{"percent":40,"message":"on"}', '{"percent":"x"}', '']
    const started = run(`require("fs").writeSync(3, ${JSON.stringify(lines.join('\n'))})`)
    await started.outcome
    expect(started.progress).toEqual([{ percent: null, message: null }, { percent: 40, message: 'on' }, { percent: null, message: null }])
  })

  test('a command sees only the environment it was given, and what leads to the door of its lease', async () => {
    const outcome = await run('console.log(JSON.stringify(Object.keys(process.env).sort()))', { spec: { env: { MINE: '1' } } }).outcome
    expect(outcome).toEqual({ status: 'FINISHED', result: ['COMMAND_MARK', 'COMMAND_NODE', 'MINE', 'PATH', 'SLUICE_TOKEN', 'SLUICE_URL'] })
  })
})

describe('how a command ends', () => {
  test('a cancel ends the whole process group', async () => {
    const started = run(`${WITH_CHILD} setInterval(() => {}, 1000)`)
    await eventually(() => pidsOf(started).length === 2)
    started.cancel()
    expect(await started.outcome).toEqual({ status: 'CANCELLED' })
    await eventually(() => !pidsOf(started).some(isAlive))
  })

  test('a command that ignores SIGTERM is killed after half of the cancel grace, with its children', async () => {
    const started = run(`process.on("SIGTERM", () => say("0")); ${WITH_CHILD} setInterval(() => {}, 1000)`, { cancelGraceMs: 600 })
    await eventually(() => pidsOf(started).length === 2)
    const since = performance.now()
    started.cancel()
    expect(await started.outcome).toEqual({ status: 'CANCELLED' })
    expect(performance.now() - since).toBeGreaterThan(290)
    expect(pidsOf(started)).toContain(0)
    await eventually(() => !pidsOf(started).filter(pid => pid > 0).some(isAlive))
  })

  test('a command that cleans up after SIGTERM and still succeeds at a shutdown has its result reported', async () => {
    const started = run(`${SAY} process.on("SIGTERM", () => { console.log('"tidy"'); process.exit(0) }); say("1"); setInterval(() => {}, 1000)`)
    await eventually(() => pidsOf(started).length === 1)
    started.interrupt()
    expect(await started.outcome).toEqual({ status: 'FINISHED', result: 'tidy' })
  })

  test('a command that ends takes what it left behind along', async () => {
    const started = run(`${WITH_CHILD} child.unref(); process.exit(0)`)
    expect(await started.outcome).toMatchObject({ status: 'FINISHED' })
    await eventually(() => !pidsOf(started).some(isAlive))
  })

  test.each([['loseLease', 'LOST'], ['interrupt', 'INTERRUPTED']] as const)('%s ends the command: %s', async (act, status) => {
    const started = run(`${WITH_CHILD} setInterval(() => {}, 1000)`)
    await eventually(() => pidsOf(started).length === 2)
    started[act]()
    expect(await started.outcome).toEqual({ status })
    await eventually(() => !pidsOf(started).some(isAlive))
  })
})
