/**
 * Tokens of waitpoints (FF-33 …): `wt1.<kid>.<waitpoint>.<expiry>.<mac>`, HMAC-SHA256 under a key of the ring, over the waitpoint, the decisions that it
 * allows, and the instant after which it is worth nothing. There is no nonce: a waitpoint is answered once, and that is the defence (FF-36).
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { ID_PREFIXES } from '@sluice/domain'
import { named, transact } from '@sluice/db'
import type { Named, Pool, Tx } from '@sluice/db'
import type { Keyring } from '../secrets/keyring.ts'
import { openSealed } from '../webhooks/sealed.ts'

export interface TokenFacts { waitpointId: string; allowedDecisions: readonly string[] }
export interface Token { waitpointId: string; kid: string; expiresAt: number; mac: string }

interface SigningKey { kid: string; secret: Buffer; live: boolean }

/** The former key is taken so much longer (FF-34). */
const OVERLAP_MS = 24 * 3_600_000
const VERSION = 'wt1'
const FORM = /^wt1\.([0-9a-f]{8})\.([0-9a-z]+)\.(\d{1,12})\.([A-Za-z0-9_-]{43})$/

const macOf = (secret: Buffer, { waitpointId, allowedDecisions }: TokenFacts, expiresAt: number): string =>
  createHmac('sha256', secret).update(JSON.stringify([VERSION, waitpointId, [...allowedDecisions].sort(), expiresAt])).digest('base64url')

/** What a text says it is; null when it is no token of ours. Nothing is verified. */
export function parseToken(text: string): Token | null {
  const [, kid, waitpoint, expiresAt, mac] = FORM.exec(text) ?? []
  if (kid === undefined || waitpoint === undefined || mac === undefined) return null
  return { kid, waitpointId: `${ID_PREFIXES.waitpoint}_${waitpoint}`, expiresAt: Number(expiresAt), mac }
}

export interface WaitTokens {
  /** Of the key that signs now; null = there is none. */
  currentKid(): Promise<string | null>
  /** null where there is no key. expiresAt: seconds since 1970, 0 = it does not expire by itself. */
  sign(facts: TokenFacts, expiresAt: number): Promise<string | null>
  /** In constant time; a key that is no longer taken signs for nothing. readAt: by the database's clock, which says when a token is over. */
  verify(token: Token, facts: TokenFacts & { readAt: Date }): Promise<boolean>
  /** Keys are read again: they were rotated here or elsewhere. */
  forget(): void
}

/** Where the secret of a signing key stands: it opens nowhere else. */
export const signingKeyPlace = (kid: string): string => `signing_key:${kid}:secret`
const KEPT_MS = 30_000

export function openWaitTokens(o: { pool: Pool; keys: Keyring }): WaitTokens {
  let kept: { at: number; keys: Promise<SigningKey[]> } | undefined
  const ring = (): Promise<SigningKey[]> => {
    if (kept && performance.now() - kept.at <= KEPT_MS) return kept.keys
    const read = { at: performance.now(), keys: readKeys(named(o.pool), o.keys) }
    kept = read
    // A failure is told to whoever asked, and to nobody after it.
    read.keys.catch(() => { if (kept === read) kept = undefined })
    return read.keys
  }
  const find = async (kid: string): Promise<SigningKey | undefined> => (await ring()).find(key => key.kid === kid)
  return {
    currentKid: async () => (await ring())[0]?.kid ?? null,
    sign: async (facts, expiresAt) => {
      const [current] = await ring()
      if (!current?.live) return null
      return [VERSION, current.kid, facts.waitpointId.slice(ID_PREFIXES.waitpoint.length + 1), expiresAt, macOf(current.secret, facts, expiresAt)].join('.')
    },
    verify: async (token, facts) => {
      const key = (await find(token.kid)) ?? (kept = undefined, await find(token.kid))
      const expected = Buffer.from(macOf(key?.secret ?? Buffer.alloc(32), facts, token.expiresAt))
      const given = Buffer.from(token.mac)
      const same = given.length === expected.length && timingSafeEqual(given, expected)
      return same && key !== undefined && (token.expiresAt === 0 || token.expiresAt * 1000 > facts.readAt.getTime())
    },
    forget: () => { kept = undefined },
  }
}

/** The current key first. */
async function readKeys(db: Named, keys: Keyring): Promise<SigningKey[]> {
  const rows = await db.rows<{ kid: string; secret: string; current: boolean }>(
    'signingKeys', `SELECT kid, secret, state = 'CURRENT' AS current FROM signing_key WHERE coalesce(not_after, 'infinity') > clock_timestamp() ORDER BY state = 'CURRENT' DESC, created_at DESC`)
  return rows.flatMap(row => {
    const secret = openSealed(keys, row.secret, signingKeyPlace(row.kid))
    return secret === null ? [] : [{ kid: row.kid, secret: Buffer.from(secret, 'base64'), live: row.current }]
  })
}

const kidOf = (secret: Buffer): string => createHash('sha256').update('sluice waitpoint key ').update(secret).digest('hex').slice(0, 8)

/** At start: WAITPOINT_HMAC_SECRET signs from now on, unless it was rotated away before (then the newer one goes on). */
export const takeWaitpointSecret = (o: { pool: Pool; keys: Keyring; secret: Buffer | null }): Promise<void> =>
  transact(o.pool, async tx => {
    if (o.secret === null || o.keys.currentId === null) return
    await lockRing(tx)
    const [known] = await tx.rows('signingKeyKnown', 'SELECT 1 FROM signing_key WHERE kid = $1', [kidOf(o.secret)])
    if (!known) await makeCurrent(tx, o.keys, o.secret)
  })

/** A new key signs from now on; the former, if there was one, is taken for a day. */
export async function rotateRing(tx: Tx, keys: Keyring): Promise<{ kid: string; formerUntil: Date | null }> {
  await lockRing(tx)
  return makeCurrent(tx, keys, randomBytes(32))
}

const lockRing = (tx: Tx): Promise<unknown> => tx.rows('lockRing', `SELECT pg_advisory_xact_lock(hashtextextended('waitpoint keys', 4400))`)

async function makeCurrent(tx: Tx, keys: Keyring, secret: Buffer): Promise<{ kid: string; formerUntil: Date | null }> {
  const kid = kidOf(secret)
  const [former] = await tx.rows<{ until: Date }>(
    'retireSigningKeys', `UPDATE signing_key SET state = 'PREVIOUS', not_after = clock_timestamp() + $1 * interval '1 ms' WHERE state = 'CURRENT' RETURNING not_after AS until`, [OVERLAP_MS])
  await tx.rows('insertSigningKey', `INSERT INTO signing_key (kid, secret, state, created_at) VALUES ($1, $2, 'CURRENT', clock_timestamp())`, [kid, keys.seal(secret.toString('base64'), signingKeyPlace(kid))])
  return { kid, formerUntil: former?.until ?? null }
}
