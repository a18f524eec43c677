import { randomBytes } from 'node:crypto'
import { named, openPool } from '@sluice/db'
import { cloneDatabase } from '@sluice/testkit/db'
import { expect, test } from 'vitest'
import { SEALED_COLUMNS, storedKeyIds } from '../../src/reads/stored-key-ids.ts'
import { keyId, openKeyring } from '../../src/secrets/keyring.ts'

const [FIRST, SECOND] = [randomBytes(32), randomBytes(32)]
const COLUMNS = [{ table: 'hook', column: 'url' }, { table: 'hook', column: 'secret' }]

test('the keys that the database needs are known from what is stored, each once, and nothing that stands open is shown', async () => {
  const clone = await cloneDatabase()
  const pool = openPool({ url: clone.url, max: 1, log: () => undefined })
  const db = named(pool)
  expect(await storedKeyIds(db)).toEqual([])
  await pool.query('CREATE TABLE hook (url text NOT NULL, secret text)')
  expect(await storedKeyIds(db, COLUMNS)).toEqual([])
  const rows = [FIRST, FIRST, SECOND].map(key => [openKeyring([key]).seal('https://a.example', 'hook:1:url'), null])
  for (const row of [...rows, ['https://open.example', openKeyring([SECOND]).seal('whsec_', 'hook:1:secret')]]) await pool.query('INSERT INTO hook VALUES ($1, $2)', row)
  expect(await storedKeyIds(db, COLUMNS)).toEqual([keyId(FIRST), keyId(SECOND)].toSorted())
  await pool.end()
  await clone.drop()
})

test('every column that is named is there', async () => {
  const clone = await cloneDatabase()
  const pool = openPool({ url: clone.url, max: 1, log: () => undefined })
  expect(await storedKeyIds(named(pool), SEALED_COLUMNS)).toEqual([])
  await pool.end()
  await clone.drop()
})
