import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { isAlive } from '@sluice/db/embedded'
import { eventually } from '@sluice/testkit/db'
import { startWorld, type Part, type World } from '@sluice/testkit/world'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PARTS = ['supervisor', 'postgres', 'controlPlane', 'runner'] as const

interface RunFile extends Record<Part, { pid: number }> {
  address: string
  version: string
  databaseUrl: string
}

let world: World

beforeAll(async () => {
  world = await startWorld()
}, 120_000)
afterAll(async () => {
  await world[Symbol.asyncDispose]()
})

const KEY_FILES = ['data-encryption-key', 'webhook-secret']
const keyFiles = (): string[] => KEY_FILES.map(file => readFileSync(path.join(world.dataDir, file), 'utf8').trim())
const environmentOf = (part: Part): Record<string, string> =>
  Object.fromEntries(readFileSync(`/proc/${runFile()[part].pid}/environ`, 'utf8').split('\0').map(each => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]))
const runFile = (): RunFile => JSON.parse(readFileSync(path.join(world.dataDir, 'run.json'), 'utf8')) as RunFile
const ready = () => eventually(() => world.isReady(), { deadlineMs: 30_000 })

describe('start', () => {
  test('prints address, sign-in link, data, version, how to stop and a line that starts a sample', async () => {
    // Its last line: a pipe may hand over the text in pieces.
    await eventually(() => world.printed().includes('curl '), { deadlineMs: 30_000 })
    const said = world.printed()
    const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string }
    for (const part of [`Sluice ${version} is ready at ${world.url}`, `${world.url}/sign-in?code=`, world.dataDir, 'Ctrl-C', 'curl ']) expect(said).toContain(part)
  })

  test('run.json, admin-token and the keys are readable by their owner only', () => {
    for (const file of ['run.json', 'admin-token', ...KEY_FILES]) expect(statSync(path.join(world.dataDir, file)).mode & 0o777).toBe(0o600)
    for (const part of PARTS) expect(isAlive(runFile()[part].pid)).toBe(true)
    expect(runFile().address).toBe(world.url)
  })

  test.runIf(existsSync('/proc/self/environ'))('INV-31 the keys are told to the control plane and not to the runner', () => {
    const [key = '', secret = ''] = keyFiles()
    expect(environmentOf('controlPlane')).toMatchObject({ DATA_ENCRYPTION_KEY: key, FLOW_WEBHOOK_SECRET: secret })
    expect(JSON.stringify(environmentOf('runner'))).not.toMatch(/DATA_ENCRYPTION_KEY|FLOW_WEBHOOK|DATABASE_URL|whsec_/)
    for (const hidden of [key, secret]) expect(world.printed()).not.toContain(hidden)
  })

  test('the printed line starts a sample', async () => {
    await eventually(() => world.printed().includes('curl '), { deadlineMs: 30_000 })
    const line = world.printed().split('\n').find(each => each.includes('curl '))!
    const { stdout } = spawnSync('sh', ['-c', line], { encoding: 'utf8' })
    expect(JSON.parse(stdout)).toMatchObject({ data: { createFlow: { __typename: 'CreateFlowPayload' } } })
  })

  test('the line that prints another sign-in link names the data folder, which another terminal does not know', () => {
    expect(world.printed()).toContain(`SLUICE_DATA_DIR='${world.dataDir}' npm run sign-in`)
  })

  test('a second start on the same folder says that and where it runs already', async () => {
    const { code, said } = await supervisor({ SLUICE_DATA_DIR: world.dataDir, PORT: '0' })
    expect(said).toContain(`already running at ${world.url} (process ${runFile().supervisor.pid})`)
    expect(code).toBe(1)
  })

  test('a taken port is one sentence that names port and knob', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const { code, said } = await inNewFolder(dir => supervisor({ SLUICE_DATA_DIR: dir, PORT: String(port) }))
    other.close()
    expect(said.trim()).toBe(`Port ${port} on 127.0.0.1 is taken by another program: stop that one, or choose another port with PORT.`)
    expect(code).toBe(1)
  })

  test('an unreachable database is one sentence that does not repeat the password', async () => {
    const { code, said } = await inNewFolder(dir => supervisor({ SLUICE_DATA_DIR: dir, PORT: '0', DATABASE_URL: 'postgresql://me:secret@127.0.0.1:1/x', DATA_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'), WAITPOINT_HMAC_SECRET: Buffer.alloc(32).toString('base64') }))
    expect(said.trim()).toMatch(/^The database of DATABASE_URL at 127.0.0.1:1\/x cannot be used: .*ECONNREFUSED.*$/)
    expect(said).not.toContain('secret')
    expect(code).toBe(1)
  })

  test('INV-31 a start without what it needs says so, makes nothing, and repeats no secret', async () => {
    const { code, said } = await inNewFolder(async dir => {
      const outcome = await supervisor({ SLUICE_DATA_DIR: path.join(dir, 'data'), DATABASE_URL: 'postgresql://127.0.0.1:1/x', FLOW_WEBHOOK_URL: 'http://127.0.0.1/T0B0secret' })
      expect(readdirSync(dir)).toEqual([])
      return outcome
    })
    expect(said.trim().split('\n').map(line => line.split(/ cannot| needs/)[0])).toEqual(['DATABASE_URL', 'DATABASE_URL', 'FLOW_WEBHOOK_URL', 'FLOW_WEBHOOK_URL'])
    expect(said).not.toContain('T0B0secret')
    expect(code).toBe(1)
  })

  test('a misspelt knob refuses to start', async () => {
    const { code, said } = await inNewFolder(dir => supervisor({ SLUICE_DATA_DIR: dir, HEARTBEATS: '1s' }))
    expect(said.trim()).toBe('HEARTBEATS is no knob of Sluice; the nearest is HEARTBEAT.')
    expect(code).toBe(1)
  })
})

describe('a runner\'s file', () => {
  test('that breaks is one line at the terminal, one when it is mended, and one of the next start', async () => {
    const file = path.join(world.dataDir, 'runner.json')
    const samples = readFileSync(file, 'utf8')
    const fault = `${file} cannot be used, so`
    writeFileSync(file, '{ "kinds": { "a": {} } }')
    await eventually(() => world.printed().includes(`The runner: ${fault} its kinds stay as they were: /kinds/a lacks "command"\n`), { deadlineMs: 15_000 })
    expect(await announcementOfNextStart()).toContain(`  Runner    ${fault} only the samples run: /kinds/a lacks "command"\n`)
    writeFileSync(file, samples)
    await eventually(() => world.printed().includes(`The runner: ${file} is in use again.\n`), { deadlineMs: 15_000 })
  })
})

describe('verbs beside a running server', () => {
  test('token prints a token that the API accepts', async () => {
    const { code, stdout } = await program('token', ['--role', 'viewer', '--name', 'looker'], { SLUICE_DATA_DIR: world.dataDir })
    expect(code).toBe(0)
    const headers = { authorization: `Bearer ${stdout.trim()}`, 'content-type': 'application/json' }
    const answer = await fetch(`${world.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ serverTime }"}' })
    expect(await answer.json()).toMatchObject({ data: { serverTime: expect.any(String) as string } })
  })

  test('sign-in prints a link to the running address', async () => {
    const { code, stdout } = await program('sign-in', [], { SLUICE_DATA_DIR: world.dataDir })
    expect(code).toBe(0)
    expect(stdout).toContain(`${world.url}/sign-in?code=`)
  })

  test('--help answers the usage', async () => {
    const { code, stdout } = await program('token', ['--help'], {})
    expect(stdout).toContain('npm run token -- --role ROLE --name NAME')
    expect(code).toBe(0)
  })

  test.each([['sign-in', []], ['token', ['--role', 'viewer', '--name', 'x']]])('%s beside a folder where no Sluice has run is one sentence and makes nothing', async (verb, args) => {
    await inNewFolder(async dir => {
      const { code, said } = await program(verb, args, { SLUICE_DATA_DIR: dir })
      expect(said.trim()).toBe(`No Sluice has run in ${dir} yet: run npm start, or set SLUICE_DATA_DIR to the folder of the one you mean.`)
      expect(code).toBe(1)
      expect(readdirSync(dir)).toEqual([])
    })
  })

  test('a role that is none is named, with the roles that there are', async () => {
    const { code, said } = await program('token', ['--role', 'boss', '--name', 'x'], { SLUICE_DATA_DIR: world.dataDir })
    expect(said.trim()).toBe('"boss" is no role; the roles are viewer, submitter, operator, admin, worker.')
    expect(code).toBe(1)
  })

  test('without a role the usage is said', async () => {
    const { code, said } = await program('token', ['--name', 'x'], { SLUICE_DATA_DIR: world.dataDir })
    expect(said).toContain('npm run token -- --role ROLE --name NAME')
    expect(code).toBe(1)
  })
})

describe('after a kill', () => {
  test.each(['controlPlane', 'runner', 'postgres'] as const)('a killed %s is started again while the others go on', async part => {
    await ready()
    const before = runFile()
    await world.kill(part)
    await eventually(() => runFile()[part].pid !== before[part].pid && isAlive(runFile()[part].pid), { deadlineMs: 20_000 })
    await ready()
    for (const other of PARTS.filter(each => each !== part)) expect(runFile()[other].pid).toBe(before[other].pid)
    expect(runFile().databaseUrl).toBe(before.databaseUrl)
    const name = { controlPlane: 'control plane', runner: 'runner', postgres: 'database' }[part]
    const told = [`The ${name}, process ${before[part].pid}, ended`, 'starting it again.', `The ${name} is ready again.`]
    await eventually(() => told.every(line => world.printed().includes(line)), { deadlineMs: 20_000 })
  })

  test('a killed supervisor takes all with it, and the next start recovers by itself', async () => {
    const before = runFile()
    await world.kill('supervisor')
    await eventually(() => PARTS.every(part => !isAlive(before[part].pid)), { deadlineMs: 15_000 })
    await world.startAgain()
    await ready()
  })
})

describe('stop', () => {
  test('ends everything, leaves no run.json, and the verbs work without a server', async () => {
    const before = runFile()
    await world.stop()
    expect(PARTS.filter(part => isAlive(before[part].pid))).toEqual([])
    expect(existsSync(path.join(world.dataDir, 'run.json'))).toBe(false)
    const { code, stdout } = await program('token', ['--role', 'worker', '--name', 'later'], { SLUICE_DATA_DIR: world.dataDir })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^slc_/)
  })

  test('a start after a stop goes on with the same keys', async () => {
    const before = keyFiles()
    await announcementOfNextStart()
    expect(keyFiles()).toEqual(before)
  })

  test('a start after a stop finds the data, and prints a sign-in link until somebody has signed in', async () => {
    const link = /http\S+\/sign-in\?code=\S+/.exec(await announcementOfNextStart())?.[0] ?? ''
    expect((await fetch(link, { redirect: 'manual' })).headers.get('set-cookie')).not.toBeNull()
    const later = await announcementOfNextStart()
    expect(later).not.toContain('/sign-in?code=')
    expect(later).toContain('npm run sign-in prints a link')
  })
})

describe('signals', () => {
  test('the same wish twice in an instant is one: everything ends in order', async () => {
    await ready()
    const { pid } = runFile().supervisor
    process.kill(pid, 'SIGINT')
    process.kill(pid, 'SIGTERM')
    await world.stop()
    expect(existsSync(path.join(world.dataDir, 'run.json'))).toBe(false)
    await eventually(() => world.printed().includes('Stopped.'))
    expect(world.printed()).toContain('Waits up to 30 s (RUNNER_GRACE) for running work; again to end at once.')
  })
})

async function announcementOfNextStart(): Promise<string> {
  const announcements = () => world.printed().split('is ready at').slice(1)
  await world.stop()
  const before = announcements().length
  await world.startAgain()
  await eventually(() => announcements().at(before)?.includes('Start a sample') === true, { deadlineMs: 30_000 })
  return announcements().at(before) ?? ''
}

interface Outcome {
  code: unknown
  stdout: string
  /** Both streams. */
  said: string
}

const supervisor = (env: Record<string, string>) => program('supervisor', [], env)

async function program(name: string, args: string[], env: Record<string, string>): Promise<Outcome> {
  const child = spawn(process.execPath, [path.join(ROOT, 'apps/control-plane/dist', `${name}.js`), ...args], { env: { PATH: path.dirname(process.execPath), ...env } })
  const out: Outcome = { code: null, stdout: '', said: '' }
  child.stdout.on('data', part => {
    out.stdout += String(part)
    out.said += String(part)
  })
  child.stderr.on('data', part => (out.said += String(part)))
  ;[out.code] = await once(child, 'close')
  return out
}

async function inNewFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-supervisor-'))
  try {
    return await work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
