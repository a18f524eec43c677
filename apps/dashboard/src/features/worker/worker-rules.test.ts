import { describe, expect, test } from 'vitest'
import { silenceOf } from '../silence.ts'
import { differingVersions, firstFew, isAtWork, lacksDispatcher } from './worker-rules.ts'

const server = (version: string, ...roles: string[]) => ({ version, roles })

describe('control planes', () => {
  test.each([
    ['one with both roles', [server('1', 'api', 'dispatcher')], false],
    ['two, each with one role', [server('1', 'api'), server('1', 'dispatcher')], false],
    ['only api', [server('1', 'api'), server('1', 'api')], true],
    ['none that is known', [], false],
  ])('%s', (_title, servers, lacks) => expect(lacksDispatcher(servers)).toBe(lacks))

  test('versions are told only when they differ', () => {
    expect(differingVersions([server('0.10.0'), server('0.9.1'), server('0.10.0')])).toEqual(['0.9.1', '0.10.0'])
    expect(differingVersions([server('0.9.1'), server('0.9.1')])).toEqual([])
  })
})

describe('workers', () => {
  test.each([['ACTIVE', 0, true], ['DRAINING', 2, true], ['DRAINING', 0, false], ['DEAD', 2, false]] as const)('%s with %d leases', (state, leased, at) => {
    expect(isAtWork({ state, leased })).toBe(at)
  })

  const at = (seconds: number) => new Date(1_000_000 + seconds * 1000).toISOString()
  test.each([[29, null], [31, 31_000], [60, 60_000]])('with a heartbeat of 15 s, not heard for %d s', (seconds, silence) => {
    expect(silenceOf({ heartbeatAt: at(0), heartbeatMs: 15_000 }, at(seconds))).toBe(silence)
  })

  test('a long list is told by its first few and a number', () => {
    expect(firstFew(['a', 'b', 'c'], 2)).toEqual(['a, b', 1])
    expect(firstFew(['a'], 2)).toEqual(['a', 0])
  })
})
