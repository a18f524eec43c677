import { afterEach, expect, test, vi } from 'vitest'
import { hideInLog, logLine } from '../src/log.ts'

const written: string[] = []
vi.spyOn(process.stdout, 'write').mockImplementation(text => written.push(String(text)) > 0)
afterEach(() => {
  hideInLog([])
  written.splice(0)
})

test('INV-31 a secret of the configuration is in no line, wherever in it somebody put it', () => {
  const secrets = ['https://hooks.example/T0/B0?k="v"', 'c2VjcmV0']
  hideInLog(secrets)
  logLine({ event: 'x', message: `sent to ${secrets[0]}, ${secrets[0]}`, deep: [{ header: 'whsec_c2VjcmV0' }], [secrets[1]!]: 1 })
  expect(JSON.parse(written.join(''))).toMatchObject({ event: 'x', message: 'sent to …, …', deep: [{ header: 'whsec_…' }], '…': 1 })
})

test('a line is one fact as JSON, with its time', () => {
  logLine({ event: 'x', n: 1 })
  expect(written).toEqual([expect.stringMatching(/^\{"at":"[^"]+Z","event":"x","n":1\}\n$/)])
})
