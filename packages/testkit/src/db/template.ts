import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEmbedded, type Embedded } from '@sluice/db/embedded'
import { migrate } from '@sluice/db/migrate'

/** What a test process must know to make databases of its own. */
export interface TestServer {
  /** Address of the template database; clones replace its name. */
  templateUrl: string
}

const MIGRATIONS = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url))

/** Nothing in a test outlives it, so nothing has to reach the disk. */
const FAST = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=200', 'autovacuum_naptime=5s', 'log_min_messages=fatal']

/** A PostgreSQL in a temporary folder with every migration applied; both vanish with this process, however it ends. */
export async function startTestServer(): Promise<TestServer & { stop(): Promise<void> }> {
  const dir = await mkdtemp(path.join(tmpdir(), 'sluice-test-'))
  const server: Embedded = await startEmbedded({ dir, log: () => undefined, settings: FAST, temporary: true })
  await migrate(server.url, MIGRATIONS)
  return { templateUrl: server.url, stop: () => server.stop() }
}
