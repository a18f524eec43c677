/** Who may come in (D-44): principals, their tokens (shown once, stored hashed), browser sessions and one-time sign-in codes. */
import { createHash, randomBytes } from 'node:crypto'
import { Conflict, InvalidInput, NotFound, newId, refuseText } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import { named, transact } from '@sluice/db'
import type { Named, Pool, Tx } from '@sluice/db'
import { LIMITS } from '@sluice/protocol'
import type { Role } from '@sluice/protocol'
import type { Deps, Outcome } from '../deps.ts'
import { writeAudit } from '../sql/audit-sql.ts'

export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')
const newSecret = (prefix: string): string => `${prefix}_${randomBytes(32).toString('base64url')}`

/** Who a credential stands for, and until when. scopes empty = all that the roles allow. */
export interface Identity {
  principalId: string
  name: string
  roles: Role[]
  scopes: string[]
  tokenId: string | null
  sessionId: string | null
  expiresAt: Date | null
}

const IDENTITY = `p.id AS "principalId", p.name, p.roles::text[] AS roles`
const ALIVE = `p.disabled_at IS NULL`

/** undefined: unknown, expired, revoked, or its principal is disabled. lastUsedAt moves at most once a minute, so that reading costs no write. */
export async function authenticateToken(pool: Pool, secret: string): Promise<Identity | undefined> {
  const [row] = await named(pool).rows<Identity & Record<string, unknown>>(
    'authenticateToken',
    `WITH found AS (
       SELECT ${IDENTITY}, t.scopes, t.id AS "tokenId", NULL AS "sessionId", t.expires_at AS "expiresAt" FROM api_token t JOIN principal p ON p.id = t.principal_id
        WHERE t.hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp()) AND ${ALIVE}),
     used AS (UPDATE api_token t SET last_used_at = clock_timestamp() FROM found f WHERE t.id = f."tokenId"
                AND (t.last_used_at IS NULL OR t.last_used_at < clock_timestamp() - interval '1 minute'))
     SELECT * FROM found`,
    [hashSecret(secret)],
  )
  return row
}

export async function authenticateSession(pool: Pool, cookie: string): Promise<Identity | undefined> {
  const [row] = await named(pool).rows<Identity & Record<string, unknown>>(
    'authenticateSession',
    `SELECT ${IDENTITY}, coalesce(t.scopes, '{}') AS scopes, s.token_id AS "tokenId", s.id AS "sessionId", s.expires_at AS "expiresAt"
       FROM session s JOIN principal p ON p.id = s.principal_id LEFT JOIN api_token t ON t.id = s.token_id
      WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp() AND ${ALIVE}
        AND (t.id IS NULL OR t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp()))`,
    [hashSecret(cookie)],
  )
  return row
}

/** For each identity that came in earlier, in order, whether it may still stay: its token or session is not revoked, and its roles are the same. */
export async function areStillValid(db: Named | Tx, identities: readonly Identity[]): Promise<boolean[]> {
  if (identities.length === 0) return []
  const asked = identities.map(({ principalId, tokenId, sessionId, roles }, n) => ({ n, principal: principalId, token: tokenId, session: sessionId, roles }))
  const valid = await db.rows<{ n: number }>(
    'areStillValid',
    `SELECT i.n FROM json_to_recordset($1::json) AS i(n int, principal text, token text, session text, roles text[])
      WHERE EXISTS (SELECT 1 FROM principal p WHERE p.id = i.principal AND ${ALIVE} AND p.roles::text[] = i.roles)
        AND (i.token IS NULL OR EXISTS (SELECT 1 FROM api_token t WHERE t.id = i.token AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp())))
        AND (i.session IS NULL OR EXISTS (SELECT 1 FROM session s WHERE s.id = i.session AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp()))`,
    [JSON.stringify(asked)],
  )
  const found = new Set(valid.map(({ n }) => n))
  return identities.map((_identity, n) => found.has(n))
}

const SESSION_HOURS = 12

/** A browser session; the cookie's value is returned once. */
export async function openSession(pool: Pool, o: { principalId: string; tokenId: string | null }): Promise<{ cookie: string; maxAgeSeconds: number }> {
  const cookie = newSecret('ses')
  await named(pool).rows(
    'openSession',
    `INSERT INTO session (id, principal_id, token_id, created_at, expires_at) SELECT $1, $2, $3, c.now, c.now + $4 * interval '1 hour' FROM (SELECT clock_timestamp() AS now) c`,
    [hashSecret(cookie), o.principalId, o.tokenId, SESSION_HOURS],
  )
  return { cookie, maxAgeSeconds: SESSION_HOURS * 3600 }
}

export async function closeSession(deps: Pick<Deps, 'pool' | 'wake'>, cookie: string): Promise<void> {
  await named(deps.pool).rows('closeSession', 'UPDATE session SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL', [hashSecret(cookie)])
  deps.wake.hint({ access: true })
}

const CODE_MINUTES = 15

/** A one-time sign-in code, good for 15 minutes. */
export async function createSignInCode(pool: Pool, principalId: string): Promise<string> {
  const code = newSecret('sic')
  await named(pool).rows(
    'createSignInCode', `INSERT INTO sign_in_code (id, principal_id, expires_at) VALUES ($1, $2, clock_timestamp() + $3 * interval '1 minute')`,
    [hashSecret(code), principalId, CODE_MINUTES])
  return code
}

/** The principal the code was made for, once; undefined when it is unknown, used or too old. */
export async function redeemSignInCode(pool: Pool, code: string): Promise<{ principalId: string } | undefined> {
  const [row] = await named(pool).rows<{ principalId: string }>(
    'redeemSignInCode',
    `UPDATE sign_in_code SET used_at = clock_timestamp() WHERE id = $1 AND used_at IS NULL AND expires_at > clock_timestamp() RETURNING principal_id AS "principalId"`,
    [hashSecret(code)],
  )
  return row
}

export interface NewToken {
  actor: Actor
  /** The token's name. */
  name: string
  /** An existing principal by id, or a new or existing one by name with a role. */
  principalId?: string | null | undefined
  principalName?: string | null | undefined
  role?: Role | null | undefined
  scopes?: string[] | undefined
  expiresAt?: Date | null | undefined
}

/** The secret is in this answer and nowhere else. */
export async function createToken(pool: Pool, cmd: NewToken): Promise<Outcome<{ tokenId: string; principalId: string; secret: string }>> {
  const refusal = refuseText(['name'], cmd.name, LIMITS.titleMax) ?? (cmd.name.trim() === '' ? new InvalidInput(['name'], 'name must not be empty.') : undefined)
  if (refusal) return refusal
  return transact<Outcome<{ tokenId: string; principalId: string; secret: string }>>(pool, async tx => {
    const principalId = await principalFor(tx, cmd)
    if (typeof principalId !== 'string') return principalId
    const secret = newSecret('slc')
    const tokenId = newId('token')
    await tx.rows(
      'insertToken',
      `INSERT INTO api_token (id, principal_id, name, hash, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5::text[], clock_timestamp(), $6)`,
      [tokenId, principalId, cmd.name, hashSecret(secret), cmd.scopes ?? [], cmd.expiresAt ?? null],
    )
    await writeAudit(tx, cmd.actor, [{ action: 'createApiToken', target: tokenId, reason: null, before: null, after: { principal: principalId, name: cmd.name, scopes: cmd.scopes ?? [] } }])
    return { tokenId, principalId, secret }
  })
}

async function principalFor(tx: Tx, cmd: NewToken): Promise<Outcome<string>> {
  if (cmd.principalId) {
    const [row] = await tx.rows<{ id: string }>('principalById', 'SELECT id FROM principal WHERE id = $1 AND disabled_at IS NULL', [cmd.principalId])
    return row?.id ?? NotFound.of('principal', cmd.principalId)
  }
  const name = (cmd.principalName ?? cmd.name).trim()
  const refusal = refuseText(['name'], name, LIMITS.nameMax)
  if (refusal) return refusal
  if (!cmd.role) return new InvalidInput(['role'], 'Give a principal, or a role for a new one.')
  return ensurePrincipal(tx, name, cmd.role)
}

/** The principal of that name with exactly that role; made when absent. */
async function ensurePrincipal(tx: Tx, name: string, role: Role): Promise<Outcome<string>> {
  await tx.rows(
    'insertPrincipal', `INSERT INTO principal (id, name, roles, created_at) VALUES ($1, $2, ARRAY[$3]::role[], clock_timestamp()) ON CONFLICT (name) DO NOTHING`,
    [newId('principal'), name, role])
  const [row] = await tx.rows<{ id: string; roles: Role[] }>('principalByName', 'SELECT id, roles::text[] AS roles FROM principal WHERE name = $1', [name])
  if (!row) throw new Error(`principal ${name} vanished`)
  return row.roles.includes(role) ? row.id : new Conflict(`Principal ${name} exists with other roles (${row.roles.join(', ')}).`)
}

/** Ends the token, its sessions and their live sockets. Already revoked: nothing. */
export async function revokeToken(deps: Pick<Deps, 'pool' | 'wake'>, cmd: { actor: Actor; id: string }): Promise<Outcome<{ tokenId: string }>> {
  return transact<Outcome<{ tokenId: string }>>(deps.pool, async tx => {
    const [row] = await tx.rows<{ id: string; name: string }>(
      'revokeToken',
      `WITH ended AS (UPDATE session SET revoked_at = clock_timestamp() WHERE token_id = $1 AND revoked_at IS NULL)
       UPDATE api_token SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE id = $1 RETURNING id, name`, [cmd.id])
    if (!row) return NotFound.of('token', cmd.id)
    await writeAudit(tx, cmd.actor, [{ action: 'revokeApiToken', target: row.id, reason: null, before: { name: row.name }, after: null }])
    tx.afterCommit(() => deps.wake.hint({ access: true }))
    return { tokenId: row.id }
  })
}
