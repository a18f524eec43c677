/**
 * What becomes of each table in a backup. `rows`: all its rows are in the file. `seeded`: the same, and the rows that a migration put there give
 * way to them. `derived`: filled again from other tables while they are restored. `run`: of who runs and is signed in now, so it begins empty.
 * `system`: the new database's own row, which ends the restore. `schema`: what the migrations themselves write.
 */
export type TableFate = 'rows' | 'seeded' | 'derived' | 'run' | 'system' | 'schema'

interface Table {
  fate: TableFate
  /** Columns that mean nothing elsewhere, and the constant that stands for them in the file. */
  instead?: Readonly<Record<string, string>>
}

/** In the order in which they are restored: what a foreign key names comes first. A table that is not here is neither backed up nor left out: it is refused. */
export const TABLES: Readonly<Record<string, Table>> = {
  principal: { fate: 'rows' },
  // Hashes only: who has a token can still use it, who has the file cannot.
  api_token: { fate: 'rows' },
  lane: { fate: 'seeded' },
  quota: { fate: 'seeded' },
  flow_kind: { fate: 'rows' },
  worker: { fate: 'rows' },
  flow: { fate: 'rows' },
  attempt: { fate: 'rows' },
  // Transaction ids count in one cluster only; what is older than a generation of the feed carries 0 (D-37).
  flow_event: { fate: 'rows', instead: { xid: '0' } },
  flow_progress: { fate: 'rows' },
  idempotency_key: { fate: 'rows' },
  flow_count_ledger: { fate: 'rows' },
  flow_count_total: { fate: 'rows' },
  flow_count_minute: { fate: 'rows' },
  audit_entry: { fate: 'rows' },
  // URLs and secrets are sealed in them, with keys that are not in the file.
  webhook_endpoint: { fate: 'rows' },
  webhook_endpoint_version: { fate: 'rows' },
  webhook_secret: { fate: 'rows' },
  webhook_interest: { fate: 'rows' },
  webhook_event: { fate: 'rows' },
  webhook_delivery: { fate: 'rows', instead: { xid: '0' } },
  delivery_attempt: { fate: 'rows' },
  bulk_operation: { fate: 'rows' },
  bulk_refusal: { fate: 'rows' },
  waitpoint: { fate: 'rows' },
  signal: { fate: 'rows' },
  signing_key: { fate: 'rows' },
  memo: { fate: 'rows' },
  output_frame: { fate: 'rows' },
  artifact: { fate: 'rows' },
  artifact_chunk: { fate: 'rows' },
  flow_input: { fate: 'rows' },
  // By the trigger of flow.
  flow_search: { fate: 'derived' },
  // Who signed out after the backup must not be signed in by it; both last hours at most.
  session: { fate: 'run' },
  sign_in_code: { fate: 'run' },
  server_process: { fate: 'run' },
  // The feed's generation and the signatures of processes (D-35) are those of the new life.
  system_state: { fate: 'system' },
  _prisma_migrations: { fate: 'schema' },
}

export const isKept = (name: string): boolean => ['rows', 'seeded'].includes(TABLES[name]?.fate ?? '')
