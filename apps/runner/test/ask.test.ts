import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runHandler, type RunHandlerOptions } from '@sluice/worker/testing'
import { commandKind } from '../src/command-kind.ts'
import { eventually, isAlive } from './processes.ts'

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'sluice-ask-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const surroundings = { env: { PATH: '/usr/bin:/bin' }, cancelGraceMs: 4_000, resultMaxBytes: 1024 ** 2 }
const shell = (script: string, { timeoutMs = null, ...options }: RunHandlerOptions & { timeoutMs?: number | null } = {}) =>
  runHandler(commandKind({ command: ['/bin/sh', '-c', script], cwd: folder, env: {}, timeoutMs }, surroundings), options)
const hasAsked = (run: ReturnType<typeof shell>, count = 1) => eventually(() => run.asked.length === count)
const approved = { decision: 'approve', payload: { note: 'go' }, by: 'test' }

describe('sluice ask', () => {
  test('asks as it is told, prints the answer as JSON, and exits with 0', async () => {
    writeFileSync(join(folder, 'form.json'), '{ "type": "object" }')
    const run = shell('sluice ask ok --prompt "Go on?" --form form.json --decisions "yes, no" --answerable-by role:operator --kind INPUT')
    await hasAsked(run)
    expect(run.asked).toMatchObject([{
      key: 'ok', kind: 'INPUT', prompt: 'Go on?', fields: { type: 'object' }, allowedDecisions: ['yes', 'no'], answerableBy: ['role:operator'], timeoutSeconds: null, onTimeout: 'FAIL',
    }])
    run.answer('ok', 'yes', { note: 'go' })
    expect(await run.outcome).toEqual({ status: 'FINISHED', result: { decision: 'yes', payload: { note: 'go' }, by: 'test' } })
  })

  test('exits with 3 where the decision is reject, with the answer all the same', async () => {
    const run = shell('sluice ask ok; echo "code $?"', { answers: { ok: { decision: 'reject', payload: 'not yet' } } })
    expect(await run.outcome).toEqual({ status: 'FINISHED', result: '{"decision":"reject","payload":"not yet","by":"test"}\ncode 3\n' })
  })

  test.each([
    ['a no', 3, { decision: 'reject', by: 'prn_1' }, false], ['a no', 5, { decision: 'reject', by: 'prn_1' }, true], ['a yes', 3, approved, true],
    ['nobody\'s answer', 4, { decision: 'reject', by: 'timeout' }, false], ['nobody\'s answer', 3, { decision: 'reject', by: 'timeout' }, true],
  ] as const)('after %s exit code %i is tried again only where it does not pass the answer on', async (_name, code, ok, retryable) => {
    const run = shell(`sluice ask ok > /dev/null; exit ${code}`, { answers: { ok } })
    expect(await run.outcome).toMatchObject({ status: 'FAILED', error: { code: 'COMMAND_FAILED', retryable, detail: { exitCode: code } } })
  })

  test('a script that asks under `set -e` passes a no on, and it is not tried again', async () => {
    const run = shell('set -e; answer=$(sluice ask ok); echo "published"', { answers: { ok: { decision: 'reject' } } })
    expect(await run.outcome).toMatchObject({ status: 'FAILED', error: { retryable: false, detail: { exitCode: 3 } } })
    expect(await shell('exit 3').outcome).toMatchObject({ error: { retryable: true } })
  })

  test('exits with 4 where the time ran out, in a later run too', async () => {
    const script = 'sluice ask ok --timeout 1h > answer; echo "code $?"'
    const run = shell(script)
    await hasAsked(run)
    expect(run.asked).toMatchObject([{ timeoutSeconds: 3600, onTimeout: 'AUTO_RESUME', timeoutDecision: 'reject' }])
    run.cancel()
    expect(await shell(script, { answers: { ok: { decision: 'reject', by: 'timeout' } } }).outcome).toEqual({ status: 'FINISHED', result: 'code 4\n' })
  })

  test('the documented line, with a form and a timeout: nothing is put into the form for those who do not answer', async () => {
    writeFileSync(join(folder, 'required.json'), '{ "type": "object", "required": ["note"] }')
    const run = shell('sluice ask publish --prompt "Publish the report?" --form required.json --timeout 2h')
    await hasAsked(run)
    expect(run.asked).toMatchObject([{ fields: { type: 'object' }, timeoutSeconds: 7200, onTimeout: 'AUTO_RESUME', timeoutDecision: 'reject' }])
    expect(run.asked[0]).not.toHaveProperty('timeoutPayload')
    run.answer('publish', 'approve', { note: 'go' })
    expect(await run.outcome).toMatchObject({ status: 'FINISHED' })
  })

  test('run again after a lost worker the key answers from memory at once, and nobody is asked', async () => {
    const run = shell('sluice ask ok', { answers: { ok: approved } })
    expect(await run.outcome).toEqual({ status: 'FINISHED', result: approved })
    expect(run.asked).toEqual([])
  })

  test('asked twice for one key, side by side and one after the other, it is one question with one answer', async () => {
    const run = shell('sluice ask ok > a & sluice ask ok > b; wait; sluice ask ok > c; cat a b c')
    await hasAsked(run)
    run.answer('ok', 'approve')
    const line = '{"decision":"approve","payload":null,"by":"test"}\n'
    expect(await run.outcome).toEqual({ status: 'FINISHED', result: line.repeat(3) })
    expect(run.asked).toHaveLength(1)
  })

  test('one whose asker was killed can be asked again in the same run', async () => {
    const run = shell('sluice ask ok & sleep 0.4; kill -9 $!; sluice ask ok')
    await hasAsked(run)
    setTimeout(() => run.answer('ok', 'approve'), 800)
    expect(await run.outcome).toMatchObject({ status: 'FINISHED', result: { decision: 'approve' } })
    expect(run.asked).toHaveLength(1)
  })

  test('a command that is killed while it asks has its wait released: it runs again after the answer', async () => {
    const run = shell('echo "{\\"message\\": \\"$$\\"}" >&3; sluice ask ok')
    await hasAsked(run)
    process.kill(Number(run.progress[0]?.message), 'SIGKILL')
    expect(await run.outcome).toEqual({ status: 'WAITING' })
  })

  test('T13b a runner that stops ends a command that waits at once: it runs again after the answer', async () => {
    const run = shell('echo "{\\"message\\": \\"$$\\"}" >&3; answer=$(sluice ask ok); echo "$answer"')
    await hasAsked(run)
    run.release()
    expect(await run.outcome).toEqual({ status: 'WAITING' })
    await eventually(() => !isAlive(Number(run.progress[0]?.message)))
    run.answer('ok', 'approve')
    expect(await shell('sluice ask ok', run.remembered()).outcome).toMatchObject({ status: 'FINISHED', result: { decision: 'approve' } })
  })

  test.each([['cancel', 'CANCELLED'], ['interrupt', 'WAITING'], ['loseLease', 'LOST']] as const)('%s while it asks ends the command and its asker: %s', async (act, status) => {
    const run = shell('echo "{\\"message\\": \\"$$\\"}" >&3; sluice ask ok')
    await hasAsked(run)
    run[act]()
    expect(await run.outcome).toEqual({ status })
    await eventually(() => !isAlive(Number(run.progress[0]?.message)))
  })

  test('a command that asks while it is cancelled is told so, and exits with 1', async () => {
    const run = shell('trap "sluice ask ok 2>&1; echo code \\$? >&2; exit 9" TERM; echo "{\\"message\\": \\"on\\"}" >&3; while :; do sleep 0.05; done')
    await eventually(() => run.progress.length === 1)
    run.cancel()
    expect(await run.outcome).toEqual({ status: 'CANCELLED' })
    expect(run.asked).toEqual([])
    expect(run.output.map(({ payload }) => payload)).toEqual(expect.arrayContaining([expect.stringContaining('Somebody cancelled the flow'), 'code 1']))
  })

  test('waiting for people does not count as its time', async () => {
    const run = shell('sluice ask ok', { timeoutMs: 1_500 })
    await hasAsked(run)
    setTimeout(() => run.answer('ok', 'approve'), 2_000)
    expect(await run.outcome).toMatchObject({ status: 'FINISHED' })
    expect(await shell('sleep 5', { timeoutMs: 300 }).outcome).toMatchObject({ error: { code: 'COMMAND_TIMED_OUT' } })
  })

  test.each([
    ['sluice ask', 'ask takes one KEY'], ['sluice ask ok --form /no/such/file', 'is no JSON Schema'], ['sluice ask ok --nothing', "Unknown option '--nothing'"],
    ['sluice', 'there is ask, progress, inputs'], ['sluice ask ok --timeout soon', 'timeout must be a duration'], ['sluice ask ok --kind MAYBE --decisions a', 'kind must be one of'],
    ['sluice ask ok --timeout 1h --on-timeout never', 'on-timeout is one of'], ['sluice progress much', 'progress takes a PERCENT'],
    ['sluice inputs all', 'inputs takes nothing'],
  ])('%s is called wrongly: it says so, and exits with 2', async (script, problem) => {
    const outcome = await shell(script).outcome
    expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'COMMAND_FAILED', detail: { exitCode: 2, stderr: expect.stringContaining(problem) as string } } })
  })
})

describe('the door', () => {
  const say = (url: string, { token = '', path = '/progress', body = '{}' }) => fetch(new URL(path, url), { method: 'POST', headers: { authorization: `Bearer ${token}` }, body })

  test('sluice progress is progress', async () => {
    const run = shell('sluice progress 40 "half way" && sluice progress - "who knows"')
    expect(await run.outcome).toMatchObject({ status: 'FINISHED' })
    expect(run.progress).toEqual([{ percent: 40, message: 'half way' }, { percent: null, message: 'who knows' }])
  })

  test('sluice inputs is what people added while it was queued, the oldest first, and an empty list where nobody did', async () => {
    const inputs = [
      { id: 'fin_1', author: 'prn_1', content: 'Use the new logo', createdAt: '2026-01-01T00:00:00.000Z' },
      { id: 'fin_2', author: 'prn_2', content: { page: 3 }, createdAt: '2026-01-01T00:01:00.000Z' },
    ]
    const script = 'sluice inputs; echo "code $?" >&2'
    const [added, none] = [shell(script, { inputs }), shell(script)]
    expect(await added.outcome).toEqual({ status: 'FINISHED', result: inputs })
    expect(await none.outcome).toEqual({ status: 'FINISHED', result: [] })
    for (const run of [added, none]) expect(run.output.map(({ payload }) => payload)).toContain('code 0')
  })

  test('sluice inputs prints as much as may be added', async () => {
    const inputs = Array.from({ length: 32 }, (_, i) => ({ id: `fin_${i}`, author: 'prn_1', content: 'x'.repeat(30_000), createdAt: '2026-01-01T00:00:00.000Z' }))
    const run = shell('sluice inputs | wc -c', { inputs })
    expect(await run.outcome).toEqual({ status: 'FINISHED', result: JSON.stringify(inputs).length + 1 })
  })

  test('INV-31 takes the token of its own lease and no other, is on loopback, and is gone with its command', async () => {
    const script = 'echo "{\\"message\\": \\"$SLUICE_URL $SLUICE_TOKEN\\"}" >&3; sluice ask ok'
    const [one, other] = [shell(script), shell(script)]
    await hasAsked(one)
    await hasAsked(other)
    const [[url = '', token = ''], [, foreign = '']] = [one, other].map(run => run.progress[0]?.message?.split(' ') ?? []) as [string[], string[]]
    expect(new URL(url).hostname).toBe('127.0.0.1')
    expect(token).not.toBe(foreign)
    expect(token.length).toBeGreaterThan(40)
    expect((await say(url, { token: foreign })).status).toBe(401)
    expect((await say(url, {})).status).toBe(401)
    expect((await say(url, { token, path: '/graphql' })).status).toBe(404)
    expect((await say(url, { token, body: '[]' })).status).toBe(400)
    expect((await say(url, { token, body: 'x'.repeat(300_000) })).status).toBe(400)
    expect((await say(url, { token, body: '{"percent": 5}' })).status).toBe(200)
    for (const run of [one, other]) run.answer('ok', 'approve')
    await Promise.all([one.outcome, other.outcome])
    await expect(say(url, { token })).rejects.toThrow('fetch failed')
  })

  test('a kind may have another SLUICE_URL of its own', async () => {
    const kind = commandKind({ command: ['/bin/sh', '-c', 'echo "$SLUICE_URL"'], cwd: folder, env: { SLUICE_URL: 'http://mine' }, timeoutMs: null }, surroundings)
    expect(await runHandler(kind).outcome).toEqual({ status: 'FINISHED', result: 'http://mine\n' })
  })
})
