/**
 * The keys of DATA_ENCRYPTION_KEY and what they do: AES-256-GCM for what must be read again, HMAC-SHA256 for what must only be found again.
 * Nothing here, no message either, repeats a key or a text.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'

/** Why a sealed text stays shut. `altered`: it is not what was sealed, or stands in another row. */
export interface Unopened {
  readonly unopened: 'malformed' | 'unknown-key' | 'altered'
  /** Of the key that it names; null where it names none. */
  readonly keyId: string | null
}

/** There is no key to seal with. */
export class NoKey extends Error {
  override readonly name = 'NoKey'
  constructor() {
    super('There is no key to encrypt with: DATA_ENCRYPTION_KEY is not set.')
  }
}

export interface Keyring {
  /** Of the key that seals, which is the first; null = there is none. */
  readonly currentId: string | null
  /** Of all that open, the current one first. */
  readonly ids: readonly string[]
  /**
   * `<key id>.<base64url of iv, tag and ciphertext>`. `row` is where it will stand, such as `webhook_endpoint_version:ep_1:3:url`: moved elsewhere it
   * does not open. Throws NoKey.
   */
  seal(text: string, row: string): string
  open(sealed: string, row: string): string | Unopened
  /**
   * Hashes by which a text is found that is stored sealed. The first is the one to store; the others are those of rows that were written under
   * former keys. None where there is no key.
   */
  keyedHashes(text: string): readonly string[]
}

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
const SEALED = /^([0-9a-f]{8})\.([A-Za-z0-9_-]+)$/

interface Key {
  id: string
  sealing: Buffer
  hashing: Buffer
}

/** Keys of 32 bytes; the first seals and all open. One that is given twice counts once. */
export function openKeyring(given: readonly Buffer[]): Keyring {
  const keys = new Map(given.map(key => [keyId(key), keyOf(key)] as const))
  const [current] = keys.values()
  return {
    currentId: current?.id ?? null,
    ids: [...keys.keys()],
    seal: (text, row) => {
      if (current === undefined) throw new NoKey()
      return `${current.id}.${encrypt(current, { text, row }).toString('base64url')}`
    },
    open: (sealed, row) => {
      const [, id = null, body = ''] = SEALED.exec(sealed) ?? []
      if (id === null) return { unopened: 'malformed', keyId: null }
      const key = keys.get(id)
      return key === undefined ? { unopened: 'unknown-key', keyId: id } : decrypt(key, { body, row })
    },
    keyedHashes: text => [...keys.values()].map(({ hashing }) => createHmac('sha256', hashing).update(text).digest('hex')),
  }
}

/** Names a key where its values are stored, and tells nothing of it: the first 32 bits of its SHA-256. */
export function keyId(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8)
}

function keyOf(key: Buffer): Key {
  if (key.length !== KEY_BYTES) throw new RangeError(`A key has ${KEY_BYTES} bytes; this one has ${key.length}.`)
  return { id: keyId(key), sealing: key, hashing: Buffer.from(hkdfSync('sha256', key, '', 'sluice keyed hash 1', KEY_BYTES)) }
}

function encrypt(key: Key, { text, row }: { text: string; row: string }): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, key.sealing, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(row))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), body])
}

function decrypt(key: Key, { body, row }: { body: string; row: string }): string | Unopened {
  const bytes = Buffer.from(body, 'base64url')
  // One text, one way to write it.
  if (bytes.length < IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== body) return { unopened: 'malformed', keyId: key.id }
  const decipher = createDecipheriv(CIPHER, key.sealing, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(row)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    return { unopened: 'altered', keyId: key.id }
  }
}
