/**
 * Rotation of DATA_ENCRYPTION_KEY: what was sealed under a former key is sealed anew under the first, in batches, once a start. Killed between any two, the
 * next start goes on from the rows. What none of the keys opens is left and told.
 */
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import type { Deps } from '../deps.ts'
import type { Keyring } from '../secrets/keyring.ts'
import { signingKeyPlace } from '../waits/tokens.ts'
import { openSealed, secretPlace, urlPlace } from '../webhooks/sealed.ts'
import { inBatches } from './in-batches.ts'

const BATCH = 200

/** How many values were sealed anew. */
export async function reseal(deps: Pick<Deps, 'pool' | 'webhooks' | 'closing'>): Promise<number> {
  const { keys } = deps.webhooks
  if (keys.currentId === null) return 0
  let total = 0
  for (const batch of [resealUrls, resealSecrets, resealSigningKeys]) total += await inBatches(deps, BATCH, () => transact(deps.pool, tx => batch(tx, keys)))
  return total
}

// Only what some key of the ring opens, so that a batch never comes back to what none does.
async function resealUrls(tx: Tx, keys: Keyring): Promise<number> {
  const rows = await tx.rows<{ endpointId: string; revision: number; url: string; unnamed: boolean }>(
    'findFormerUrls',
    `SELECT v.endpoint_id AS "endpointId", v.revision, v.url, e.url_hash IS NOT NULL AND e.revision = v.revision AS unnamed
       FROM webhook_endpoint_version v JOIN webhook_endpoint e ON e.id = v.endpoint_id
      WHERE split_part(v.url, '.', 1) = ANY($1::text[]) ORDER BY v.endpoint_id, v.revision LIMIT $2 FOR UPDATE OF v`, [keys.ids.slice(1), BATCH])
  const anew = rows.map(row => {
    const text = openSealed(keys, row.url, urlPlace(row.endpointId, row.revision))
    if (text === null) throw new Error(`the URL of ${row.endpointId}, revision ${row.revision}, was altered`)
    return { endpoint_id: row.endpointId, revision: row.revision, url: keys.seal(text, urlPlace(row.endpointId, row.revision)), hash: row.unnamed ? keys.keyedHashes(text)[0] : null }
  })
  await tx.rows(
    'writeResealedUrls',
    `WITH item AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS i(endpoint_id text, revision int, url text, hash text)),
     version AS (UPDATE webhook_endpoint_version v SET url = i.url FROM item i WHERE v.endpoint_id = i.endpoint_id AND v.revision = i.revision)
     UPDATE webhook_endpoint e SET url_hash = i.hash FROM item i WHERE e.id = i.endpoint_id AND i.hash IS NOT NULL`, [JSON.stringify(anew)])
  return rows.length
}

async function resealSecrets(tx: Tx, keys: Keyring): Promise<number> {
  const rows = await tx.rows<{ id: string; secret: string }>(
    'findFormerSecrets', `SELECT id, secret FROM webhook_secret WHERE split_part(secret, '.', 1) = ANY($1::text[]) ORDER BY id LIMIT $2 FOR UPDATE`, [keys.ids.slice(1), BATCH])
  const anew = rows.map(row => {
    const text = openSealed(keys, row.secret, secretPlace(row.id))
    if (text === null) throw new Error(`the secret ${row.id} was altered`)
    return { id: row.id, secret: keys.seal(text, secretPlace(row.id)) }
  })
  await tx.rows('writeResealedSecrets', `UPDATE webhook_secret s SET secret = i.secret FROM json_to_recordset($1::json) AS i(id text, secret text) WHERE s.id = i.id`, [JSON.stringify(anew)])
  return rows.length
}

/** The ring of links: without this, dropping the former key would end all of them, and nothing would sign new ones. */
async function resealSigningKeys(tx: Tx, keys: Keyring): Promise<number> {
  const rows = await tx.rows<{ kid: string; secret: string }>(
    'findFormerSigningKeys', `SELECT kid, secret FROM signing_key WHERE split_part(secret, '.', 1) = ANY($1::text[]) ORDER BY kid LIMIT $2 FOR UPDATE`, [keys.ids.slice(1), BATCH])
  const anew = rows.map(row => {
    const text = openSealed(keys, row.secret, signingKeyPlace(row.kid))
    if (text === null) throw new Error(`the signing key ${row.kid} was altered`)
    return { kid: row.kid, secret: keys.seal(text, signingKeyPlace(row.kid)) }
  })
  await tx.rows('writeResealedSigningKeys', `UPDATE signing_key s SET secret = i.secret FROM json_to_recordset($1::json) AS i(kid text, secret text) WHERE s.kid = i.kid`, [JSON.stringify(anew)])
  return rows.length
}
