// Connections of the engine. Each trap below was met with @prisma/adapter-pg 7.10.
import { randomUUID } from 'node:crypto'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'

/** PostgreSQL's one-byte "char" type, which the adapter does not know, and what the engine wants to be told instead. */
const PG_CHAR = 18
const PG_TEXT = 25
const ENGINE_CHARACTER = 6

/** Never a connection string: the adapter's pool would let it win over the database named beside it, and replay the shadow on the main one. */
export function connectionOf(url) {
  if (url === undefined) return null
  const { hostname, port, username, password, pathname } = new URL(url)
  return { host: hostname, port: Number(port || 5432), user: decodeURIComponent(username), password: decodeURIComponent(password), database: pathname.slice(1) }
}

export async function ping(connection) {
  await withClient(connection, async () => undefined)
}

export async function createDatabase(connection) {
  await withClient({ ...connection, database: 'postgres' }, client => client.query(`CREATE DATABASE ${pg.escapeIdentifier(connection.database)}`))
}

/** What the engine opens its connections through. */
export function adapterFactory(connection) {
  const adapter = new PrismaPg(connection)
  return {
    provider: adapter.provider,
    adapterName: adapter.adapterName,
    connect: async () => mended(await adapter.connect()),
    connectToShadowDb: () => connectToShadow(connection),
  }
}

/** A database of the engine's own to replay migrations in. The adapter would drop its while it is still connected, which fails and leaks it. */
async function connectToShadow(connection) {
  const admin = new pg.Client({ ...connection, database: 'postgres' })
  const database = `prisma_migrate_shadow_db_${randomUUID()}`
  await admin.connect()
  await admin.query(`CREATE DATABASE "${database}"`)
  const shadow = mended(await new PrismaPg({ ...connection, database }).connect())
  const disconnect = shadow.dispose.bind(shadow)
  shadow.dispose = async () => {
    await disconnect()
    await admin.query(`DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`).catch(() => undefined)
    await admin.end()
  }
  return shadow
}

/** Sends a script whole: the adapter would cut it at every semicolon, also at those in comments and function bodies. */
function mended(adapter) {
  adapter.executeScript = async script => void (await adapter.client.query(script))
  return readingChars(adapter)
}

/** Reads "char" columns as text, and says character: told text, the engine panics. */
function readingChars(adapter) {
  const performIO = adapter.performIO.bind(adapter)
  const queryRaw = adapter.queryRaw.bind(adapter)
  let chars = []
  adapter.performIO = async query => {
    const result = await performIO(query)
    chars = (result.fields ?? []).flatMap((field, i) => (field.dataTypeID === PG_CHAR ? [i] : []))
    for (const i of chars) result.fields[i].dataTypeID = PG_TEXT
    return result
  }
  adapter.queryRaw = async query => {
    const result = await queryRaw(query)
    for (const i of chars) result.columnTypes[i] = ENGINE_CHARACTER
    chars = []
    return result
  }
  return adapter
}

async function withClient(connection, work) {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
