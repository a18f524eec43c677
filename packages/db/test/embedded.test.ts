import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from '@sluice/testkit/db'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EmbeddedUnavailable, FolderInUse, MajorDiffers, gone, isAlive, setAsideOtherMajor, startEmbedded, type Embedded } from '../src/embedded/index.ts'

const FIXTURE = fileURLToPath(new URL('fixtures/embedded-owner.ts', import.meta.url))
const TSX = import.meta.resolve('tsx')

let dir: string
const running: Embedded[] = []
const owners: ChildProcess[] = []

beforeEach(() => {
  dir = path.join(mkdtempSync(path.join(tmpdir(), 'sluice-embedded-')), 'postgres')
})
afterEach(async () => {
  for (const owner of owners.splice(0)) owner.kill('SIGKILL')
  for (const server of running.splice(0)) await server.stop()
  rmSync(path.dirname(dir), { recursive: true, force: true, maxRetries: 50, retryDelay: 100 })
})

const start = async (): Promise<Embedded> => {
  const server = await startEmbedded({ dir, log: () => undefined, settings: ['fsync=off'] })
  running.push(server)
  return server
}

describe('starting and stopping', () => {
  test('a second start finds the rows, the port and the password of the first', async () => {
    const first = await start()
    await query(first.url, 'CREATE TABLE kept (id int)')
    await first.stop()
    expect(isAlive(first.pid)).toBe(false)
    const second = await start()
    expect(second.url).toBe(first.url)
    expect(await query(second.url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 0 }])
  })

  test('works below folders that only their owner may enter, and keeps the password to the owner', async () => {
    await start()
    expect(statSync(path.dirname(dir)).mode & 0o777).toBe(0o700)
    expect(statSync(path.join(dir, 'password')).mode & 0o777).toBe(0o600)
  })

  test('a wrong password is refused: other users of the machine have no way in', async () => {
    const server = await start()
    const url = new URL(server.url)
    url.password = 'wrong'
    await expect(query(url.toString(), 'SELECT 1')).rejects.toThrow('password authentication failed')
  })

  test('what an interrupted first start left behind is swept, not opened', async () => {
    mkdirSync(path.join(dir, 'data.new-1'), { recursive: true })
    writeFileSync(path.join(dir, 'data.new-1', 'PG_VERSION'), '18\n')
    await start()
    expect(existsSync(path.join(dir, 'data.new-1'))).toBe(false)
  })

  test('an initdb that outlived its killed parent and still writes keeps no start from running', async () => {
    const orphans = path.join(dir, 'data.new-1')
    mkdirSync(orphans, { recursive: true })
    const script = `let n = 0; setInterval(() => require('fs').writeFileSync(process.argv[1] + '/' + n++, ''), 1)`
    const orphan = spawn(process.execPath, ['-e', script, orphans])
    owners.push(orphan)
    await eventually(() => existsSync(path.join(orphans, '5')))
    const server = await start()
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    orphan.kill('SIGKILL')
    await server.stop()
    await start()
    expect(existsSync(orphans)).toBe(false)
  })

  test('the files of another major version are refused by number, with the two commands that move them, and kept when a restore makes room', async () => {
    mkdirSync(path.join(dir, 'data'), { recursive: true })
    writeFileSync(path.join(dir, 'data', 'PG_VERSION'), '17\n')
    await expect(start()).rejects.toThrow(MajorDiffers)
    await expect(start()).rejects.toThrow(/made by PostgreSQL 17.*brings PostgreSQL 18.*\n {2}npm run backup -- FILE .*\n {2}npm run restore -- FILE /)
    expect(setAsideOtherMajor(dir)).toBe(path.join(dir, 'data.17'))
    expect(readFileSync(path.join(dir, 'data.17', 'PG_VERSION'), 'utf8')).toBe('17\n')
    expect(setAsideOtherMajor(dir)).toBeNull()
    await (await start()).stop()
    expect(setAsideOtherMajor(dir)).toBeNull()
  })

  test('a platform without binaries is told about DATABASE_URL', async () => {
    const arch = Object.getOwnPropertyDescriptor(process, 'arch')!
    Object.defineProperty(process, 'arch', { value: 'sparc' })
    try {
      await expect(start()).rejects.toThrow(EmbeddedUnavailable)
      await expect(start()).rejects.toThrow(/no embedded PostgreSQL for .*-sparc: set DATABASE_URL/)
    } finally {
      Object.defineProperty(process, 'arch', arch)
    }
  })
})

describe('one folder, two owners', () => {
  test('a folder that a living process uses is refused, naming the process', async () => {
    const owner = await startOwner()
    await expect(start()).rejects.toThrow(FolderInUse)
    await expect(start()).rejects.toThrow(`process ${owner.process.pid}`)
  })

  test('of two first starts at once one wins and the other is refused', async () => {
    const outcomes = await Promise.all([startOwner(), startOwner()])
    expect(outcomes.map(each => each.said.refused).sort()).toEqual(['FolderInUse', undefined])
  })
})

describe('after a kill', () => {
  test('a killed PostgreSQL is noticed, and comes back on the same port with what was committed', async () => {
    const first = await start()
    await query(first.url, 'CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)')
    process.kill(first.pid, 'SIGKILL')
    await first.exited
    const second = await start()
    expect(second.port).toBe(first.port)
    expect(await query(second.url, 'SELECT id FROM kept')).toEqual([{ id: 1 }])
  })

  test('a killed owner takes PostgreSQL with it', async () => {
    const owner = await startOwner()
    owner.process.kill('SIGKILL')
    expect(await gone(owner.said.pid!, 10_000)).toBe(true)
    await eventually(() => !existsSync(path.join(dir, 'data', 'postmaster.pid')))
  })

  test('a PostgreSQL that outlived owner and watchdog is ended by the next start', async () => {
    const owner = await startOwner()
    const watchdogs = childrenOf(owner.process.pid!).filter(pid => pid !== owner.said.pid)
    for (const pid of [...watchdogs, owner.process.pid!]) process.kill(pid, 'SIGKILL')
    await once(owner.process, 'close')
    expect(isAlive(owner.said.pid!)).toBe(true)
    const next = await start()
    expect(isAlive(owner.said.pid!)).toBe(false)
    expect(next.port).toBe(owner.said.port)
  })

  test('killing everything and starting at once succeeds', async () => {
    const owner = await startOwner()
    for (const pid of [...childrenOf(owner.process.pid!), owner.process.pid!]) process.kill(pid, 'SIGKILL')
    const next = await start()
    expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('a pid in the lock file that belongs to somebody else by now does not stop the start', async () => {
    await (await start()).stop()
    const data = path.join(dir, 'data')
    const { uid, gid } = statSync(data)
    const stranger = spawn('sleep', ['60'], process.getuid?.() === 0 ? { uid, gid } : {})
    try {
      writeFileSync(path.join(data, 'postmaster.pid'), `${stranger.pid}\n${data}\n1\n5432\n\n127.0.0.1\n\nready   \n`)
      await start()
    } finally {
      stranger.kill()
    }
  })

  test('a zombie counts as dead', async () => {
    // The shell becomes `sleep 60`, which never asks for the exit code of the child it inherits; that one ends after the exec, or the shell would reap it.
    const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 60'])
    try {
      const [line] = await once(parent.stdout, 'data')
      await eventually(() => readFileSync(`/proc/${Number(String(line))}/stat`, 'utf8').includes(' Z '))
      expect(isAlive(Number(String(line)))).toBe(false)
    } finally {
      parent.kill()
    }
  })
})

async function startOwner(): Promise<{ process: ChildProcess; said: { pid?: number; port?: number; refused?: string } }> {
  const owner = spawn(process.execPath, ['--import', TSX, FIXTURE, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  owners.push(owner)
  const [line] = await once(owner.stdout, 'data')
  return { process: owner, said: JSON.parse(String(line)) as { pid?: number; port?: number; refused?: string } }
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows as unknown[]
  } finally {
    await client.end()
  }
}
