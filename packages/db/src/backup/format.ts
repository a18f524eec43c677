/**
 * The file (docs/operations.md describes it): gzip over lines. The first says what it is, the second is the header; then one section per table,
 * in PostgreSQL's own COPY text: a COPY line, one line per row, and `\.`, which no row can be. The last line is the trailer.
 */
import { BackupRefused } from './errors.ts'

export const FORMAT = 'sluice backup 1'
export const SECTION_END = '\\.\n'

export interface AppliedMigration { name: string; checksum: string }
export interface SavedTable { name: string; columns: string[] }

export interface BackupHeader {
  /** The version of Sluice that wrote it. */
  sluice: string
  /** ISO, the database's clock at the snapshot. */
  madeAt: string
  /** As the server calls itself. */
  postgres: string
  migrations: AppliedMigration[]
  /** In the order of the sections. */
  tables: SavedTable[]
}

export interface BackupTrailer {
  /** Per table, in the order of the sections. */
  rows: Record<string, number>
  /** Hexadecimal, over everything before the trailer's line. */
  sha256: string
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
export const columnList = ({ columns }: SavedTable): string => columns.map(quoted).join(', ')
export const sectionStart = (table: SavedTable): string => `COPY ${quoted(table.name)} (${columnList(table)}) FROM stdin;`

/** Throws BackupRefused when the line is no header. */
export function parseHeader(line: string, file: string): BackupHeader {
  const header = parsed(line, file) as Partial<BackupHeader>
  const isHeader = typeof header.sluice === 'string' && typeof header.madeAt === 'string' && Array.isArray(header.migrations) && Array.isArray(header.tables)
  if (!isHeader) throw altered(file, 'its header is not one')
  return header as BackupHeader
}

export function parseTrailer(line: string, file: string): BackupTrailer {
  const trailer = parsed(line, file) as Partial<BackupTrailer>
  if (typeof trailer.sha256 !== 'string' || typeof trailer.rows !== 'object') throw altered(file, 'its last line is no trailer')
  return trailer as BackupTrailer
}

export const altered = (file: string, what: string): BackupRefused => new BackupRefused(`${file} was altered or damaged: ${what}. Nothing was restored from it.`)

export const truncated = (file: string): BackupRefused =>
  new BackupRefused(`${file} ends before its end: it is part of a backup, perhaps of a copy that was cut off. Nothing was restored from it.`)

function parsed(line: string, file: string): object {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // Said below.
  }
  throw altered(file, 'a line that should be JSON is not')
}
