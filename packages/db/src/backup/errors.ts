/** No backup was written, or none was restored; the message is one sentence a person can act on. */
export class BackupRefused extends Error {
  override name = 'BackupRefused'
}
