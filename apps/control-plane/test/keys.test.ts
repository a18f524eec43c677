/** The keys of a start, in a data folder of the test's own; the files alone, without a database. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { keyId } from '@sluice/engine'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readConfig, type Environment } from '../src/config.ts'
import { dataFolder, type DataFolder } from '../src/supervisor/data-folder.ts'
import { takeKeys, type Keys } from '../src/supervisor/keys.ts'

const KEY = /^[A-Za-z0-9+/]{43}=$/
const SECRET = /^whsec_[A-Za-z0-9+/]{43}=$/
const base64 = (key: Buffer): string => key.toString('base64')
const [NEW, OLD] = [randomBytes(32), randomBytes(32)]
const WAITS = base64(Buffer.alloc(32, 5))
const SERVER = { DATABASE_URL: 'postgresql://h/d', DATA_ENCRYPTION_KEY: base64(NEW), WAITPOINT_HMAC_SECRET: WAITS }

let folder: DataFolder
beforeEach(() => {
  folder = dataFolder(mkdtempSync(path.join(tmpdir(), 'sluice-keys-')))
})
afterEach(() => rmSync(folder.dir, { recursive: true, force: true }))

const take = (env: Environment = {}, sealedWith: string[] = [], linksSigned = false): Keys => takeKeys({ config: readConfig(env), folder, sealedWith, linksSigned })
const keep = (file: string, text: string, mode = 0o600): void => writeFileSync(file, text, { mode })
const files = (): string[] => readdirSync(folder.dir).toSorted()
const refusal = (work: () => unknown): string => {
  try {
    work()
    return ''
  } catch (error) {
    return error instanceof Error && error.name === 'Refused' ? error.message : String(error)
  }
}

describe('the embedded database', () => {
  test('gets a key and two secrets with its first start, readable by their owner only, and the same with the next', () => {
    const first = take()
    expect(first).toEqual({ env: { DATA_ENCRYPTION_KEY: expect.stringMatching(KEY), FLOW_WEBHOOK_SECRET: expect.stringMatching(SECRET), WAITPOINT_HMAC_SECRET: expect.stringMatching(KEY) }, notes: [] })
    expect(files()).toEqual(['data-encryption-key', 'waitpoint-hmac-secret', 'webhook-secret'])
    expect(readFileSync(folder.dataEncryptionKey, 'utf8')).toBe(`${first.env['DATA_ENCRYPTION_KEY']}\n`)
    for (const file of [folder.dataEncryptionKey, folder.webhookSecret, folder.waitpointSecret]) expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(take()).toEqual(first)
  })

  test('a folder of before there were keys gets new ones: nothing in its database needs any', () => {
    mkdirSync(folder.postgres)
    expect(take().env['DATA_ENCRYPTION_KEY']).toMatch(KEY)
  })

  test('what the operator sets wins, and no file is made', () => {
    const set = `whsec_${base64(OLD)}`
    const given = { DATA_ENCRYPTION_KEY: base64(NEW), FLOW_WEBHOOK_SECRET: set, WAITPOINT_HMAC_SECRET: WAITS }
    expect(take(given).env).toEqual(given)
    expect(files()).toEqual([])
  })

  test('a key in the folder goes on opening what it sealed when the operator sets another', () => {
    keep(folder.dataEncryptionKey, base64(OLD))
    expect(take({ DATA_ENCRYPTION_KEY: base64(NEW) }, [keyId(OLD)])).toMatchObject({ env: { DATA_ENCRYPTION_KEY: `${base64(NEW)},${base64(OLD)}` }, notes: [] })
  })

  test('both files take several, as their knobs do, so that they can be replaced', () => {
    keep(folder.dataEncryptionKey, `${base64(NEW)}, ${base64(OLD)}\n`)
    keep(folder.webhookSecret, `whsec_${base64(NEW)},whsec_${base64(OLD)}\n`)
    expect(take().env).toMatchObject({ DATA_ENCRYPTION_KEY: `${base64(NEW)},${base64(OLD)}`, FLOW_WEBHOOK_SECRET: `whsec_${base64(NEW)},whsec_${base64(OLD)}` })
  })
})

describe('a key that is gone', () => {
  test('is not replaced by another: the start is refused, names the key, the file and the knob, and makes nothing', () => {
    const said = refusal(() => take({}, [keyId(OLD)]))
    for (const part of [keyId(OLD), folder.dataEncryptionKey, 'DATA_ENCRYPTION_KEY', 'openssl rand -base64 32']) expect(said).toContain(part)
    expect(files()).toEqual([])
  })

  test('is given up by setting a new one; what it encrypted is noted', () => {
    expect(take({ DATA_ENCRYPTION_KEY: base64(NEW) }, [keyId(OLD)]).notes).toEqual([expect.stringMatching(new RegExp(`key ${keyId(OLD)} cannot be read: add that key to DATA_ENCRYPTION_KEY`))])
  })

  test('is noted as well where another stands in the folder, and where the database is a server', () => {
    keep(folder.dataEncryptionKey, base64(NEW))
    for (const env of [{}, SERVER]) expect(take(env, [keyId(NEW), keyId(OLD)]).notes).toEqual([expect.stringContaining(keyId(OLD))])
  })
})

describe('the key of links', () => {
  test('that is gone is made anew, and the start says that links end; the next one has it and says nothing', () => {
    expect(take({}, [], true).notes).toEqual([`Links of waits are signed with a new key from now on, because ${folder.waitpointSecret} was not there: those that were given out before end within 24 hours.`])
    expect(take({}, [], true).notes).toEqual([])
  })

  test.each([['was never used', {}, false], ['is set', { WAITPOINT_HMAC_SECRET: WAITS }, true], ['comes with DATABASE_URL', SERVER, true]])('that %s is no news', (_what, env, linksSigned) => {
    expect(take(env, [], linksSigned).notes).toEqual([])
  })
})

describe('with DATABASE_URL', () => {
  test('nothing is made: others share the database', () => {
    expect(take(SERVER)).toEqual({ env: { DATA_ENCRYPTION_KEY: base64(NEW), WAITPOINT_HMAC_SECRET: WAITS }, notes: [] })
    expect(files()).toEqual([])
  })

  test('a key that stands in the folder from the time of an embedded database opens what came along, and a secret that does is not used', () => {
    keep(folder.dataEncryptionKey, base64(OLD))
    keep(folder.webhookSecret, `whsec_${base64(OLD)}`)
    expect(take(SERVER, [keyId(OLD)])).toEqual({ env: { DATA_ENCRYPTION_KEY: `${base64(NEW)},${base64(OLD)}`, WAITPOINT_HMAC_SECRET: WAITS }, notes: [] })
  })
})

describe('a file that is not as it should be', () => {
  test.each([['', '32 bytes in base64'], ['not a key', '32 bytes in base64'], [base64(OLD.subarray(1)), 'has 31'], [`${base64(OLD)}\n${base64(NEW)}`, '32 bytes in base64']])('INV-31 a key file with %j is refused by its name and fault, is not repeated and not replaced', (text, reason) => {
    keep(folder.dataEncryptionKey, text)
    const said = refusal(take)
    expect(said).toContain(`${folder.dataEncryptionKey} cannot be used: `)
    expect(said).toContain(reason)
    for (const hidden of text.split('\n').filter(each => each !== '')) expect(said).not.toContain(hidden)
    expect(readFileSync(folder.dataEncryptionKey, 'utf8')).toBe(text)
  })

  test('nor is a secret file that is none', () => {
    keep(folder.webhookSecret, base64(OLD))
    expect(refusal(take)).toMatch(/webhook-secret cannot be used: it must be whsec_ and base64/)
  })

  test.each([['', '32 bytes or more in base64'], [base64(OLD.subarray(1)), 'has 31']])('nor is a secret of waits with %j', (text, reason) => {
    keep(folder.waitpointSecret, text)
    expect(refusal(take)).toContain(`${folder.waitpointSecret} cannot be used: it must ${reason.startsWith('has') ? 'have 32 bytes or more and ' : 'be '}${reason}.`)
  })

  test('one that cannot be opened is refused with the reason', () => {
    mkdirSync(folder.webhookSecret)
    expect(refusal(take)).toMatch(/webhook-secret cannot be used: EISDIR\.$/)
  })

  test.each([0o640, 0o604, 0o620])('one of mode %o is noted', mode => {
    keep(folder.webhookSecret, `whsec_${base64(OLD)}`)
    chmodSync(folder.webhookSecret, mode)
    expect(take().notes).toEqual([expect.stringMatching(/webhook-secret can be read by others: chmod 600/)])
  })

  test('what a start that was killed left beside them is removed, and nothing else is', () => {
    for (const name of ['data-encryption-key.123', 'webhook-secret.4', 'waitpoint-hmac-secret.7', 'data-encryption-key.old', 'run.json.5']) keep(path.join(folder.dir, name), 'x')
    take()
    expect(files()).toEqual(['data-encryption-key', 'data-encryption-key.old', 'run.json.5', 'waitpoint-hmac-secret', 'webhook-secret'])
  })
})

test('killed in between, each file is there and whole or not there', async () => {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), '-e', MAKE_KEYS, folder.dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  await once(child.stdout, 'data')
  setTimeout(() => child.kill('SIGKILL'), 11)
  await gone
  const made = readdirSync(folder.dir)
  expect(made.length).toBeGreaterThan(0)
  for (const each of made) {
    const { dataEncryptionKey, webhookSecret } = dataFolder(path.join(folder.dir, each))
    for (const [file, form] of [[dataEncryptionKey, KEY], [webhookSecret, SECRET]] as const) if (existsSync(file)) expect(readFileSync(file, 'utf8').trim()).toMatch(form)
  }
})

/** Takes the keys of one folder after the other until it is killed. */
const MAKE_KEYS = `
  const [{ mkdirSync }, { takeKeys }, { dataFolder }, { readConfig }] = await Promise.all(
    ['node:fs', ${JSON.stringify(new URL('../src/supervisor/keys.ts', import.meta.url).href)}, ${JSON.stringify(new URL('../src/supervisor/data-folder.ts', import.meta.url).href)}, ${JSON.stringify(new URL('../src/config.ts', import.meta.url).href)}].map(each => import(each)))
  const config = readConfig({})
  for (let n = 0; ; n += 1) {
    const folder = dataFolder(process.argv[1] + '/' + n)
    mkdirSync(folder.dir)
    takeKeys({ config, folder, sealedWith: [], linksSigned: false })
    if (n === 0) console.log('begun')
  }
`
