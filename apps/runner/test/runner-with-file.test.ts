import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { startFake } from '@sluice/worker/test/fake-control-plane'
import { verdictOn } from '../src/check-file.ts'
import { eventually, isAlive } from './processes.ts'

const PROGRAM = ['--import', import.meta.resolve('tsx'), fileURLToPath(new URL('../src/main.ts', import.meta.url))]
const disposals: (() => unknown)[] = []
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose()
})

async function startRunner(kinds: object, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-runner-'))
  const file = join(folder, 'runner.json')
  const write = (text: object | string) => writeFileSync(file, typeof text === 'string' ? text : JSON.stringify({ kinds: text }))
  write(kinds)
  const plane = await startFake()
  const runner = spawn(process.execPath, PROGRAM, {
    env: { PATH: '/usr/bin:/bin', SLUICE_URL: plane.url, SLUICE_TOKEN: 't', RUNNER_FILE: file, CANCEL_GRACE: '1s', ...env }, stdio: ['pipe', 'ignore', 'pipe'],
  })
  const log: string[] = []
  runner.stderr?.on('data', (chunk: Buffer) => log.push(chunk.toString()))
  const exited = new Promise(resolve => runner.once('exit', resolve))
  disposals.push(() => rmSync(folder, { recursive: true }), () => plane.stop(), async () => {
    runner.kill('SIGKILL')
    await exited
  })
  await eventually(() => plane.calls('claimFlows').length > 0)
  const workers = () => plane.calls('registerWorker') as unknown as { kinds: { name: string; inputSchema?: object }[] }[]
  return { plane, runner, write, workers, exited, said: () => log.join('') }
}

const shell = (script: string, more: object = {}) => ({ command: ['/bin/sh', '-c', script], ...more })

describe('a runner whose file changes', () => {
  test('does new kinds at once, ends what runs as it began, and outlives a broken file', async () => {
    const gate = mkdtempSync(join(tmpdir(), 'sluice-gate-'))
    disposals.push(() => rmSync(gate, { recursive: true }))
    const waits = shell(`while [ ! -e ${gate}/open ]; do sleep 0.05; done; echo '"former"'`)
    const { plane, write, workers, said } = await startRunner({ work: waits })
    const long = plane.enqueue('work')
    await eventually(() => plane.flow(long).started)

    write({ work: shell('echo \'"new"\''), more: shell('echo \'"more"\'', { inputSchema: { type: 'object' } }) })
    await eventually(() => plane.calls('claimFlows').some(claim => claim.workerId === 'wrk_2'))
    expect(workers()[1]?.kinds).toEqual([{ name: 'work' }, { name: 'more', inputSchema: { type: 'object' } }])
    const [next, more] = [plane.enqueue('work'), plane.enqueue('more')]
    await eventually(() => plane.flow(next).status === 'FINISHED' && plane.flow(more).status === 'FINISHED')
    expect([plane.flow(next).result, plane.flow(more).result, plane.flow(long).status]).toEqual(['new', 'more', 'RUNNING'])

    write('{ "kinds": ')
    await eventually(() => said().includes('is not JSON'))
    const still = plane.enqueue('more')
    await eventually(() => plane.flow(still).status === 'FINISHED')
    expect(workers()).toHaveLength(2)

    writeFileSync(join(gate, 'open'), '')
    await eventually(() => plane.flow(long).status === 'FINISHED')
    expect(plane.flow(long).result).toBe('former')
  })

  test('stops with everything that the former and the present kinds run', async () => {
    const { plane, runner, write, exited } = await startRunner({ work: shell('echo "{\\"message\\": \\"$$\\"}" >&3; sleep 300') }, { RUNNER_GRACE: '50ms' })
    const running = () => [former, present].map(id => Number((plane.flow(id).progress[0] as string[] | undefined)?.[1] ?? 0))
    const former = plane.enqueue('work')
    let present = former
    await eventually(() => running().every(pid => pid > 0))
    write({ work: shell('echo "{\\"message\\": \\"$$\\"}" >&3; sleep 301') })
    await eventually(() => plane.calls('claimFlows').some(claim => claim.workerId === 'wrk_2'))
    present = plane.enqueue('work')
    await eventually(() => running().every(pid => pid > 0))
    runner.kill('SIGTERM')
    expect(await exited).toBe(0)
    expect([plane.flow(former).returned, plane.flow(present).returned]).toEqual(['interrupted', 'interrupted'])
    expect(running().some(isAlive)).toBe(false)
  })
})

describe('a runner whose commands flood', () => {
  test.runIf(process.platform === 'linux')('stays small: a flood through all of its pipes costs less than 128 MiB at the most', async () => {
    const floods = {
      out: shell('cat /dev/zero'), err: shell('head -c 4000000 /dev/zero >&2; exit 3'), lines: shell('yes | head -c 4000000 >&2; exit 3'),
      progress: shell('head -c 150000000 /dev/zero >&3; echo 1'), drip: shell('i=0; while [ $i -lt 2000 ]; do printf x; i=$((i+1)); done'),
    }
    const { plane, runner } = await startRunner(floods)
    const peak = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${runner.pid}/status`, 'utf8'))?.[1]) / 1024
    const before = peak()
    const ids = Object.fromEntries(Object.keys(floods).map(kind => [kind, plane.enqueue(kind)]))
    await eventually(() => Object.values(ids).every(id => !['QUEUED', 'RUNNING'].includes(plane.flow(id).status)), 20_000)
    expect(Object.entries(ids).map(([kind, id]) => [kind, plane.flow(id).status, (plane.flow(id).error as { code?: string } | undefined)?.code])).toEqual([
      ['out', 'FAILED', 'RESULT_TOO_LARGE'], ['err', 'FAILED', 'COMMAND_FAILED'], ['lines', 'FAILED', 'COMMAND_FAILED'], ['progress', 'FINISHED', undefined],
      ['drip', 'FINISHED', undefined],
    ])
    expect(peak() - before).toBeLessThan(128)
  })

  test.runIf(process.platform === 'linux')('and is killed with -9 takes along what left the group', async () => {
    const { plane, runner } = await startRunner({ escape: shell('setsid sh -c \'echo "{\\"message\\": \\"$$\\"}" >&3; exec sleep 300\' & wait; sleep 300') })
    const id = plane.enqueue('escape')
    const pid = () => Number((plane.flow(id).progress[0] as string[] | undefined)?.[1] ?? 0)
    await eventually(() => pid() > 0)
    expect(isAlive(pid())).toBe(true)
    runner.kill('SIGKILL')
    await eventually(() => !isAlive(pid()))
  })
})

test('--check FILE says whether a file can be used, and ends accordingly', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-check-'))
  disposals.push(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'r.json')
  writeFileSync(file, '{ "kinds": { "a": { "command": ["x"] }, "b": { "url": "https://example.com" } } }')
  expect(verdictOn(file)).toEqual({ lines: [`${file} can be used: a, b`], isUsable: true })
  writeFileSync(file, '{ "kinds": { "a": { "url": "https://10.0.0.1" } } }')
  const { status, stderr } = spawnSync(process.execPath, [...PROGRAM, '--check', file], { env: {}, encoding: 'utf8' })
  expect([status, stderr]).toEqual([1, `${file}: /kinds/a/url: 10.0.0.1 leads to a private network (WEBHOOK_ALLOW_HOSTS=10.0.0.1 lifts this)\n`])
})
