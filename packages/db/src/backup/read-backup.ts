import { createHash } from 'node:crypto'
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { BackupRefused } from './errors.ts'
import { FORMAT, altered, parseHeader, parseTrailer, sectionStart, truncated, type BackupHeader, type SavedTable } from './format.ts'
import { SectionReader } from './section-reader.ts'

/** What to do with a backup while it is read. Called in the order of the file. */
export interface BackupSink {
  header(header: BackupHeader): void | Promise<void>
  /** Must read all rows: lines of COPY text, in pieces that end where a line ends. */
  table(table: SavedTable, rows: AsyncIterable<Buffer>): Promise<void>
}

export interface ReadBackup { header: BackupHeader; rows: Record<string, number> }

const NOTHING: BackupSink = {
  header: () => undefined,
  table: async (_table, rows) => {
    for await (const _piece of rows);
  },
}

const CHUNK_BYTES = 256 * 1024
const GZIP = Buffer.from([0x1f, 0x8b])

/**
 * Reads a backup from its first byte to its last, in bounded memory, and answers what it holds; without a sink that is the whole check.
 * Throws BackupRefused naming what is wrong: no such file, no backup, another format, cut off, altered. A sink has seen rows by then.
 */
export async function readBackup(file: string, sink: BackupSink = NOTHING): Promise<ReadBackup> {
  const bytes = sizeOfGzip(file)
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES })
  let read: ReadBackup | undefined
  try {
    await pipeline(createReadStream(file, { highWaterMark: CHUNK_BYTES }), gunzip, async source => {
      read = await readAll(file, source, sink)
    })
  } catch (error) {
    throw zlibRefusal(file, error) ?? error
  }
  // zlib stops at the end of its stream and says nothing of what follows.
  if (gunzip.bytesWritten !== bytes || read === undefined) throw altered(file, 'something follows its end')
  return read
}

async function readAll(file: string, source: AsyncIterable<Buffer>, sink: BackupSink): Promise<ReadBackup> {
  const hash = createHash('sha256')
  const reader = new SectionReader(source, { seen: bytes => hash.update(bytes), cutOff: () => truncated(file) })
  const format = await reader.line().catch(() => '')
  if (format !== FORMAT) throw foreign(file, format)
  const header = parseHeader(await reader.line(), file)
  await sink.header(header)
  const rows: Record<string, number> = {}
  for (const table of header.tables) {
    if ((await reader.line()) !== sectionStart(table)) throw altered(file, `the table ${table.name} is not where it should be`)
    await sink.table(table, reader.section())
    rows[table.name] = reader.rows
  }
  const digest = hash.digest('hex')
  await refuseDifference(file, reader, { rows, digest })
  return { header, rows }
}

async function refuseDifference(file: string, reader: SectionReader, found: { rows: Record<string, number>; digest: string }): Promise<void> {
  const trailer = parseTrailer(await reader.lastLine(), file)
  const table = Object.keys(found.rows).find(name => trailer.rows[name] !== found.rows[name])
  if (table !== undefined) throw altered(file, `the table ${table} has ${found.rows[table]} rows where ${trailer.rows[table]} were written`)
  if (trailer.sha256 !== found.digest) throw altered(file, 'its digest is not the one that was written')
}

/** Told by its first bytes, since zlib calls a short text of any kind cut off. */
function sizeOfGzip(file: string): number {
  try {
    const opened = openSync(file, 'r')
    const start = Buffer.alloc(GZIP.length)
    readSync(opened, start)
    const { size } = fstatSync(opened)
    closeSync(opened)
    if (start.equals(GZIP)) return size
  } catch (error) {
    throw new BackupRefused(`${file} cannot be read: ${(error as Error).message}.`)
  }
  throw foreign(file, '')
}

function foreign(file: string, format: string): BackupRefused {
  const ours = /^sluice backup (\d+)$/.exec(format)
  return new BackupRefused(
    ours === null
      ? `${file} is no backup of Sluice.`
      : `${file} is a backup in format ${ours[1]}, and this version reads format 1: restore it with the version that wrote it.`,
  )
}

function zlibRefusal(file: string, error: unknown): BackupRefused | undefined {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'Z_BUF_ERROR') return truncated(file)
  if (message === 'incorrect header check') return altered(file, 'something follows its end')
  if (code?.startsWith('Z_')) return altered(file, message)
  return undefined
}
