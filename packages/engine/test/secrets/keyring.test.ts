import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { NoKey, keyId, openKeyring } from '../../src/secrets/keyring.ts'

const [NEW, OLD, OTHER] = [randomBytes(32), randomBytes(32), randomBytes(32)]
const ROW = 'webhook_endpoint_version:ep_1:3:url'
const URL_TEXT = 'https://hooks.example/T0/B0/very-secret-path'

describe('what is sealed', () => {
  const ring = openKeyring([NEW])

  test.each([['an address', URL_TEXT], ['nothing', ''], ['unicode', 'straße 鍵 🔑 \u0000 é'], ['half a megabyte', 'x'.repeat(512 * 1024)]])('%s opens as it was', (_what, text) => {
    expect(ring.open(ring.seal(text, ROW), ROW)).toBe(text)
  })

  test('names its key, and never looks the same twice', () => {
    const [one, two] = [ring.seal(URL_TEXT, ROW), ring.seal(URL_TEXT, ROW)]
    expect(one).toMatch(new RegExp(`^${keyId(NEW)}\\.[A-Za-z0-9_-]+$`))
    expect(one).not.toBe(two)
    expect([ring.currentId, ring.ids]).toEqual([keyId(NEW), [keyId(NEW)]])
  })

  test.each(['webhook_endpoint_version:ep_1:4:url', 'webhook_endpoint_version:ep_2:3:url', 'webhook_endpoint_version:ep_1:3:secret', ''])('does not open in the row "%s"', row => {
    expect(ring.open(ring.seal(URL_TEXT, ROW), row)).toEqual({ unopened: 'altered', keyId: keyId(NEW) })
  })

  test('does not open when any byte of it was changed', () => {
    const [id = '', body = ''] = ring.seal('short', ROW).split('.')
    const bytes = Buffer.from(body, 'base64url')
    for (const at of bytes.keys()) {
      const altered = Buffer.from(bytes)
      altered.writeUInt8(altered.readUInt8(at) ^ 1, at)
      expect(ring.open(`${id}.${altered.toString('base64url')}`, ROW)).toEqual({ unopened: 'altered', keyId: id })
    }
  })

  test('does not open when it was cut off or drawn out', () => {
    const sealed = ring.seal(URL_TEXT, ROW)
    for (let length = 0; length < sealed.length; length += 1) expect(ring.open(sealed.slice(0, length), ROW)).toHaveProperty('unopened')
    for (const tail of ['A', 'AAAA', '=', ' ', '\n', '.x']) expect(ring.open(`${sealed}${tail}`, ROW)).toHaveProperty('unopened')
  })

  test.each(['', 'x', URL_TEXT, `${keyId(NEW)}`, `${keyId(NEW)}.`, `${keyId(NEW)}.AAAA`, `${keyId(NEW).toUpperCase()}x.AAAA`])('"%s" was never sealed', text => {
    expect(ring.open(text, ROW)).toMatchObject({ unopened: 'malformed' })
  })

  test('does not open under another key, nor under another key that takes its name', () => {
    const sealed = ring.seal(URL_TEXT, ROW)
    const other = openKeyring([OTHER])
    expect(other.open(sealed, ROW)).toEqual({ unopened: 'unknown-key', keyId: keyId(NEW) })
    expect(other.open(sealed.replace(keyId(NEW), keyId(OTHER)), ROW)).toEqual({ unopened: 'altered', keyId: keyId(OTHER) })
  })
})

describe('when the key is replaced', () => {
  const before = openKeyring([OLD])
  const between = openKeyring([NEW, OLD])
  const after = openKeyring([NEW])
  const old = before.seal(URL_TEXT, ROW)

  test('what the former one sealed opens while both are given, and the new one seals', () => {
    expect(between.open(old, ROW)).toBe(URL_TEXT)
    expect(between.seal('', ROW)).toMatch(new RegExp(`^${keyId(NEW)}\\.`))
    expect([between.currentId, between.ids]).toEqual([keyId(NEW), [keyId(NEW), keyId(OLD)]])
  })

  test('what was sealed anew opens when the former one is gone, and the rest says which key it wants', () => {
    expect(after.open(between.seal(URL_TEXT, ROW), ROW)).toBe(URL_TEXT)
    expect(after.open(old, ROW)).toEqual({ unopened: 'unknown-key', keyId: keyId(OLD) })
  })

  test('the same text is found by the hash of either time, and the one to store is that of the new key', () => {
    expect(between.keyedHashes(URL_TEXT)).toEqual([...after.keyedHashes(URL_TEXT), ...before.keyedHashes(URL_TEXT)])
    expect(after.keyedHashes(URL_TEXT)).not.toEqual(before.keyedHashes(URL_TEXT))
  })

  test('a key that is given twice counts once', () => {
    expect(openKeyring([NEW, OLD, NEW]).ids).toEqual([keyId(NEW), keyId(OLD)])
  })
})

describe('a keyed hash', () => {
  test('is the same for the same text and another for another, and cannot be had without the key', () => {
    const [one] = openKeyring([NEW]).keyedHashes(URL_TEXT)
    expect(one).toMatch(/^[0-9a-f]{64}$/)
    expect(openKeyring([NEW]).keyedHashes(URL_TEXT)).toEqual([one])
    for (const hashes of [openKeyring([NEW]).keyedHashes(`${URL_TEXT}/`), openKeyring([OTHER]).keyedHashes(URL_TEXT)]) expect(hashes).not.toContain(one)
  })

  // Computed once by Python's hmac and by HKDF written out after RFC 5869: rows of years ago must be found.
  test('stays what it is from version to version', () => {
    expect(openKeyring([Buffer.alloc(32, 7)]).keyedHashes('https://a.example/')).toEqual(['afa5afd5618defb0782da6c5b9e89627e391379ff699bb1d0706167973c9fab9'])
  })
})

describe('without a key', () => {
  const none = openKeyring([])

  test('nothing is sealed, found or opened', () => {
    expect(() => none.seal(URL_TEXT, ROW)).toThrow(NoKey)
    expect([none.currentId, none.ids, none.keyedHashes(URL_TEXT)]).toEqual([null, [], []])
    expect(none.open(openKeyring([NEW]).seal(URL_TEXT, ROW), ROW)).toEqual({ unopened: 'unknown-key', keyId: keyId(NEW) })
  })
})

test('INV-31 neither a key nor a text is in what a keyring says, throws or shows of itself', () => {
  const ring = openKeyring([NEW])
  const said = [
    ring, () => openKeyring([]).seal(URL_TEXT, ROW), () => openKeyring([NEW.subarray(1)]), () => ring.open(ring.seal(URL_TEXT, ROW), 'elsewhere'), () => ring.open(URL_TEXT, ROW),
  ].map(each => inspect(typeof each === 'function' ? outcome(each) : each, { depth: 9 })).join('\n')
  for (const hidden of [URL_TEXT, 'very-secret-path', NEW.toString('hex').slice(0, 12), NEW.toString('base64').slice(0, 12), inspect(NEW).slice(8, 30)]) expect(said).not.toContain(hidden)
})

function outcome(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}
