import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import './global-setup.ts'

export interface Clone {
  url: string
  /** Removes the database, and with it every connection still open to it. */
  drop(): Promise<void>
}

/** A database of the caller's own, with every migration applied and no rows but theirs. One per test file; drop it in `afterAll`. */
export async function cloneDatabase(): Promise<Clone> {
  const template = new URL(inject('sluiceTestServer').templateUrl)
  const name = `test_${randomBytes(8).toString('hex')}`
  await asAdmin(template, `CREATE DATABASE ${name} TEMPLATE ${template.pathname.slice(1)}`)
  const url = new URL(template)
  url.pathname = `/${name}`
  return { url: url.toString(), drop: () => asAdmin(template, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

/** From beside: a template must have no connections while it is copied. */
async function asAdmin(template: URL, statement: string): Promise<void> {
  const admin = new URL(template)
  admin.pathname = '/postgres'
  const client = new pg.Client({ connectionString: admin.toString() })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
