/** The embedded PostgreSQL could not be had; the message is one sentence a person can act on. */
export class EmbeddedUnavailable extends Error {
  override name = 'EmbeddedUnavailable'
}

/** Another living process uses the same folder. `pid` is that process, when it is known. */
export class FolderInUse extends EmbeddedUnavailable {
  override name = 'FolderInUse'
  readonly pid: number | null

  constructor(dir: string, pid: number | null) {
    super(`The data folder ${dir} is in use${pid === null ? '' : ` by process ${pid}`}: stop it first, or choose another folder with SLUICE_DATA_DIR.`)
    this.pid = pid
  }
}

/** The folder was made by another major version of PostgreSQL than the one that is installed. */
export class MajorDiffers extends EmbeddedUnavailable {
  override name = 'MajorDiffers'

  constructor(o: { dir: string; found: string; installed: string }) {
    super(
      `The database in ${o.dir} was made by PostgreSQL ${o.found}, and this version brings PostgreSQL ${o.installed}. Move it with two commands, ` +
        'both with the same SLUICE_DATA_DIR:\n' +
        '  npm run backup -- FILE     in the version of Sluice that made it\n' +
        '  npm run restore -- FILE    in this one; it keeps the old files beside the new ones',
    )
  }
}
