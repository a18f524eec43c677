import { expect, test } from 'vitest'
import { safeNext, signInAddress } from './sign-in-address.ts'

test.each([
  ['/flows/flow_1?tab=events', '/flows/flow_1?tab=events'],
  [undefined, '/'],
  ['https://elsewhere.test/', '/'],
  ['//elsewhere.test/', '/'],
  ['/\\elsewhere.test/', '/'],
  ['/sign-in?next=/sign-in', '/'],
])('sign-in leads back from %j to %j, never to another site', (next, address) => {
  expect(safeNext(next)).toBe(address)
})

test('the address that was asked for is carried whole', () => {
  expect(signInAddress('/?lane=a&after=b')).toBe('/sign-in?next=%2F%3Flane%3Da%26after%3Db')
})
