import { mkdtempSync, rmSync } from 'node:fs'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { readOptions } from '../src/options.ts'
import { eventually, isAlive } from './processes.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const disposals: (() => void)[] = []
afterEach(() => {
  for (const dispose of disposals.splice(0)) dispose()
})

/** Hands out one paced sample and writes down what it hears; claims and heartbeats stay parked. */
async function startPlane() {
  const heard: string[] = []
  const parked: ServerResponse[] = []
  const claims = [{
    flow: { id: 'flow_1', kind: 'sample.languages', title: 't', input: { folder: 'docs', seconds: 300 }, labels: {} },
    lease: { flowId: 'flow_1', attempt: 0, epoch: 1 },
  }]
  const answers: Record<string, () => object | null> = {
    registerWorker: () => ({ worker: { id: 'wrk_1' }, leaseTtlMs: 45_000, heartbeatMs: 15_000 }),
    claimFlows: () => (claims.length > 0 ? { claims: claims.splice(0) } : null),
    startFlows: () => ({ results: [{ flow: { status: 'RUNNING' } }] }),
    returnFlow: () => ({ flow: { status: 'QUEUED' } }),
    reportProgress: () => ({ flow: { status: 'RUNNING' } }),
  }
  const server = createServer((request, response) => {
    void text(request).then(body => {
      const { query, variables } = JSON.parse(body) as { query: string; variables: { input: { draining?: boolean; waitMs?: number } } }
      const field = /answer: (\w+)\(/.exec(query)?.[1] ?? ''
      heard.push(field)
      const answer = variables.input.waitMs === 0 ? { claims: [], lost: [], cancelling: [] } : answers[field]?.()
      if (answer) response.end(JSON.stringify({ data: { answer } }))
      else parked.push(response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  disposals.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function startRunner(env: Record<string, string> = {}) {
  const plane = await startPlane()
  const folder = mkdtempSync(join(tmpdir(), 'sluice-runner-'))
  disposals.push(() => rmSync(folder, { recursive: true }))
  const runner = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), MAIN], {
    env: { SLUICE_URL: plane.url, SLUICE_TOKEN: 'secret-token', RUNNER_FILE: join(folder, 'runner.json'), ...env }, stdio: ['pipe', 'ignore', 'pipe'],
  })
  disposals.push(() => void runner.kill('SIGKILL'))
  const log: string[] = []
  runner.stderr?.on('data', (chunk: Buffer) => log.push(chunk.toString()))
  await eventually(() => plane.heard.includes('reportProgress'))
  const children = childrenOf(runner.pid)
  expect(children.length).toBeGreaterThanOrEqual(2)
  return { plane, runner, children, log }
}

/** The guard and the command. */
function childrenOf(parent: number | undefined): number[] {
  const rows = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout.trim().split('\n').map(row => row.trim().split(/\s+/).map(Number))
  return rows.filter(([, ppid]) => ppid === parent).flatMap(([pid]) => (pid === undefined ? [] : [pid]))
}

const exitCodeOf = (child: ChildProcess) => new Promise<number | null>(resolve => child.once('exit', code => resolve(code)))

test('a runner that is killed with -9 leaves nothing behind', async () => {
  const { runner, children } = await startRunner()
  runner.kill('SIGKILL')
  await eventually(() => !children.some(isAlive))
})

test('a supervised runner ends with its supervisor, and so do its commands', async () => {
  const { runner, children } = await startRunner({ SLUICE_SUPERVISED: '1' })
  const exited = exitCodeOf(runner)
  runner.stdin?.end()
  expect(await exited).toBe(1)
  await eventually(() => !children.some(isAlive))
})

test('SIGTERM: what runs gets the grace, is then interrupted and given back, and the runner ends with 0', async () => {
  const { plane, runner, children, log } = await startRunner({ RUNNER_GRACE: '50ms', CANCEL_GRACE: '1s' })
  const exited = exitCodeOf(runner)
  runner.kill('SIGTERM')
  expect(await exited).toBe(0)
  expect(plane.heard).toContain('returnFlow')
  expect(plane.heard).not.toContain('failFlows')
  await eventually(() => !children.some(isAlive))
  expect(log.join('')).not.toContain('secret-token')
})

test('a second SIGTERM ends it at once, with its commands', async () => {
  const { runner, children } = await startRunner({ RUNNER_GRACE: '10m' })
  const exited = exitCodeOf(runner)
  runner.kill('SIGTERM')
  await new Promise<void>(resolve => runner.stderr?.on('data', () => resolve()))
  runner.kill('SIGTERM')
  expect(await exited).toBe(1)
  await eventually(() => !children.some(isAlive))
})

test('options come from the environment, with one sentence for what is wrong', () => {
  expect(readOptions({ SLUICE_TOKEN: 't' })).toMatchObject({
    url: 'http://127.0.0.1:4400', firstUrl: 'http://127.0.0.1:4400', token: 't', capacity: 8, graceMs: 30_000, cancelGraceMs: 30_000, supervised: false, commandEnv: {},
    file: expect.stringMatching(/.sluice.runner\.json$/) as string, resultMaxBytes: 1024 ** 2, allowHosts: '', allowHttp: false,
  })
  expect(readOptions({ SLUICE_TOKEN: 't', SLUICE_DATA_DIR: '/data', RESULT_MAX: '64KiB', WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOW_HOSTS: '10.0.0.0/8' })).toMatchObject({
    file: '/data/runner.json', resultMaxBytes: 65_536, allowHosts: '10.0.0.0/8', allowHttp: true,
  })
  expect(readOptions({ SLUICE_TOKEN: 't', SLUICE_DATA_DIR: '/data', RUNNER_FILE: '/etc/runner.json' })).toMatchObject({ file: '/etc/runner.json' })
  expect(() => readOptions({ SLUICE_TOKEN: 't', WEBHOOK_ALLOW_HOSTS: '*.example.com' })).toThrow('WEBHOOK_ALLOW_HOSTS is not a list of hosts and networks: "*.example.com" is not a host name')
  expect(readOptions({ SLUICE_TOKEN: 't', RUNNER_CAPACITY: '2', RUNNER_GRACE: '2m', CANCEL_GRACE_MS: '1500', PATH: '/bin' })).toMatchObject({
    capacity: 2, graceMs: 120_000, cancelGraceMs: 1_500, commandEnv: { PATH: '/bin' },
  })
  expect(() => readOptions({})).toThrow('SLUICE_TOKEN is missing')
  expect(() => readOptions({ SLUICE_TOKEN: 't', RUNNER_CAPACITY: '0' })).toThrow('RUNNER_CAPACITY must be at least 1')
  expect(() => readOptions({ SLUICE_TOKEN: 't', RUNNER_GRACE: '30' })).toThrow('RUNNER_GRACE must be a duration such as 500ms, 45s or 10m')
  expect(() => readOptions({ SLUICE_TOKEN: 't', SLUICE_URL: 'nowhere' })).toThrow('SLUICE_URL must be an http or https address, or several')
  expect(readOptions({ SLUICE_TOKEN: 't', SLUICE_URL: 'http://a:1, http://b:2' })).toMatchObject({ url: 'http://a:1,http://b:2', firstUrl: 'http://a:1' })
})
