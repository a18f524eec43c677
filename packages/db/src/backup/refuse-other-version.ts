import { readMigrations } from '../migrate.ts'
import { BackupRefused } from './errors.ts'
import type { BackupHeader } from './format.ts'

/** Throws BackupRefused, saying what to do, unless the backup's database had exactly the migrations in `dir`. */
export function refuseOtherVersion(file: string, header: BackupHeader, dir: string): void {
  const ours = new Map(readMigrations(dir).map(({ name, checksum }) => [name, checksum]))
  const theirs = new Map(header.migrations.map(({ name, checksum }) => [name, checksum]))
  const newer = [...theirs.keys()].find(name => !ours.has(name))
  if (newer !== undefined) throw new BackupRefused(`${from(file, header)}, which is newer than this one (it has the migration ${newer}): restore it with that version.`)
  const missing = [...ours.keys()].find(name => !theirs.has(name))
  if (missing !== undefined) {
    throw new BackupRefused(
      `${from(file, header)}, which is older than this one (it has no migration ${missing}): restore it with that version into a database, ` +
        'then start this version on that database, which brings it up to date.',
    )
  }
  const edited = [...ours].find(([name, checksum]) => theirs.get(name) !== checksum)
  if (edited !== undefined) throw new BackupRefused(`${from(file, header)}, whose migration ${edited[0]} is not the one of this version: restore it with the version that wrote it.`)
}

const from = (file: string, header: BackupHeader): string => `${file} is of Sluice ${header.sluice}`
