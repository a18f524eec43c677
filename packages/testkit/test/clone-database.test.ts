import { afterAll, beforeAll, expect, test } from 'vitest'
import pg from 'pg'
import { cloneDatabase, type Clone } from '../src/db/index.ts'

let first: Clone
let second: Clone
beforeAll(async () => {
  first = await cloneDatabase()
  second = await cloneDatabase()
})
afterAll(async () => {
  await first.drop()
  await second.drop()
})

test('a clone has the migrations and is nobody else’s', async () => {
  await query(first.url, 'CREATE TABLE mine (id int)')
  expect(await query(second.url, `SELECT to_regclass('mine') AS mine`)).toEqual([{ mine: null }])
  expect(await query(second.url, `SELECT to_regclass('_prisma_migrations')::text AS table`)).toEqual([{ table: '_prisma_migrations' }])
})

test('dropping a clone ends the connections that are still open', async () => {
  const clone = await cloneDatabase()
  const client = new pg.Client({ connectionString: clone.url })
  await client.connect()
  const ended = new Promise((done) => client.once('end', done).on('error', () => undefined))
  await clone.drop()
  await ended
})

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}
