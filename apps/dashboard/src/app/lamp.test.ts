import { describe, expect, test } from 'vitest'
import { lampOf } from './lamp.tsx'

const now = 1_000_000
const open = { state: 'open', generation: 1, heardAt: now - 500, lagMs: 40 } as const

describe('lamp', () => {
  test('an open socket whose feed is near is live', () => {
    expect(lampOf(open, now).word).toBe('Live')
  })

  test('nothing is called live while the socket is down, and the age of the data is said', () => {
    const face = lampOf({ ...open, state: 'closed', heardAt: now - 65_000 }, now)
    expect([face.word, face.more]).toEqual(['Disconnected', ', data 1m 05s old'])
  })

  test('a feed that is behind is catching up, with how far', () => {
    const face = lampOf({ ...open, lagMs: 4200 }, now)
    expect([face.word, face.more]).toEqual(['Catching up', ', 4.2s behind'])
  })

  test('before the first connection it is connecting', () => {
    expect(lampOf({ ...open, state: 'connecting', heardAt: null }, now).word).toBe('Connecting')
  })
})
