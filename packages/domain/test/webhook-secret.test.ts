import { expect, test } from 'vitest'
import { newWebhookSecret, parseWebhookSecret, WEBHOOK_SECRET_FORM } from '../src/index.ts'

const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 0xfb).toString('base64')}`

test('a new secret is one, and no other', () => {
  const [one, other] = [newWebhookSecret(), newWebhookSecret()]
  expect(parseWebhookSecret(one)).toHaveLength(32)
  expect(one).not.toBe(other)
})

test.each([24, 25, 26, 32, 64])('%d bytes are taken as they are', bytes => {
  expect(parseWebhookSecret(secretOf(bytes))).toEqual(Buffer.alloc(bytes, 0xfb))
})

test.each([
  ['nothing', ''], ['the prefix alone', 'whsec_'], ['another prefix', secretOf(32).replace('whsec_', 'whsk_')], ['no prefix', secretOf(32).slice(6)],
  ['too few bytes', secretOf(23)], ['too many bytes', secretOf(65)], ['no padding', secretOf(32).replace(/=+$/, '')], ['two paddings', `${secretOf(24)}=`],
  ['the alphabet of URLs', secretOf(32).replaceAll('+', '-').replaceAll('/', '_')], ['a space at its end', `${secretOf(32)} `], ['a line break inside', secretOf(48).replace(/.{20}/, '$&\n')],
  ['bits that no byte holds', `whsec_${'A'.repeat(42)}B=`], ['a password', 'correct horse battery staple'], ['another case of the prefix', secretOf(32).replace('whsec_', 'WHSEC_')],
])('%s is no secret', (_what, text) => {
  expect(parseWebhookSecret(text)).toBeNull()
})

test('the sentence about its form says what it must be', () => {
  expect(WEBHOOK_SECRET_FORM).toBe('must be whsec_ followed by base64 of 24 to 64 bytes')
})
