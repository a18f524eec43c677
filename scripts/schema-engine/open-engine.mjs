import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg'
import { adapterFactory } from './database.mjs'

/** The engine panics on an empty list of schemas. */
const NO_SCHEMA = [['none.prisma', 'datasource db {\n  provider = "postgresql"\n}']]

/** Returns what opens the engine once, at the first request: it connects in its constructor, and some commands never ask it anything. */
export function openEngine({ connection, datamodels }) {
  let opening
  return () => (opening ??= open({ connection, datamodels }))
}

async function open({ connection, datamodels }) {
  if (connection === null) throw new Error('The schema engine needs a database to connect to: set DATABASE_URL.')
  await loadWasm()
  const options = { datamodels: datamodels.length > 0 ? datamodels : NO_SCHEMA }
  return glue.SchemaEngine.new(options, () => undefined, bindMigrationAwareSqlAdapterFactory(adapterFactory(connection)))
}

async function loadWasm() {
  // The engine looks for this when it panics, and without it panics about that.
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: message => process.stderr.write(`${message}\n`) }
  const folder = path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'))
  const { instance } = await WebAssembly.instantiate(readFileSync(path.join(folder, 'schema_engine_bg.wasm')), { './schema_engine_bg.js': glue })
  glue.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
}
