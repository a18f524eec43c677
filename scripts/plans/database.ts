import { mkdir, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { startEmbedded } from '@sluice/db/embedded'
import { migrate } from '@sluice/db/migrate'
import type { PlanOptions } from './options.ts'
import { SEEDING_SETTINGS, seed, seededWith } from './seed.ts'

const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations', import.meta.url))

export interface SeededDatabase { url: string; close(): Promise<void> }

/** The seeded database, run with the settings that `npm start` gives its own. Seeded first where it was not; without keep its folder goes at the end. */
export async function openSeeded(o: PlanOptions, say: (line: string) => void): Promise<SeededDatabase> {
  await mkdir(o.dir, { recursive: true })
  await fill(o, say)
  const server = await startEmbedded({ dir: o.dir, log: () => undefined, settings: o.settings })
  return {
    url: server.url,
    close: async () => {
      await server.stop()
      if (!o.keep) await rm(o.dir, { recursive: true, force: true })
    },
  }
}

async function fill(o: PlanOptions, say: (line: string) => void): Promise<void> {
  const server = await startEmbedded({ dir: o.dir, log: () => undefined, settings: SEEDING_SETTINGS })
  try {
    await migrate(server.url, MIGRATIONS)
    const seeded = await seededWith(server.url)
    if (seeded !== null && seeded !== o.queued) throw new Error(`${o.dir} was seeded with ${seeded} queued flows, not with ${o.queued}: remove it, or name another with --dir.`)
    if (seeded === null) await seed(server.url, { queued: o.queued, say })
  } finally {
    await server.stop()
  }
}
