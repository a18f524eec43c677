import type { Pool } from '@sluice/db'
import { pathOf, respondJson, type Door } from './respond.ts'

/** /healthz: the process answers. /readyz: the database is reachable and migrated, and this process is not stopping. */
export const healthDoor = ({ pool, isStopping }: { pool: Pool; isStopping(): boolean }): Door => async (request, response) => {
  const path = pathOf(request)
  if (path === '/healthz') return respondJson(response, { status: 200, json: { status: 'ok' } })
  if (path !== '/readyz') return false
  const reason = isStopping() ? 'stopping' : await whyNotReady(pool)
  return respondJson(response, reason === null ? { status: 200, json: { status: 'ready' } } : { status: 503, json: { status: 'not ready', reason } })
}

async function whyNotReady(pool: Pool): Promise<string | null> {
  try {
    const { rows } = await pool.query<{ migrated: boolean }>(`SELECT to_regclass('system_state') IS NOT NULL AS migrated`)
    return rows[0]?.migrated ? null : 'the database is not migrated'
  } catch {
    return 'the database cannot be reached'
  }
}
