import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { asCurl, asVariables } from './flow-request.ts'

const request = { kind: 'a.kind', input: { text: `it's "$HOME" \\ \`date\` !\n%`, list: [1, null] }, title: 'Ünïcode' }

test('the copied line gives a shell exactly the request, whatever characters it holds', () => {
  const shown = execFileSync('sh', ['-c', `curl() { for last; do :; done; printf %s "$last"; }\n${asCurl(request, 'http://127.0.0.1:4400')}`], { encoding: 'utf8' })
  expect((JSON.parse(shown) as { variables: unknown }).variables).toEqual({ input: request })
})

test('the variables are the request', () => {
  expect(JSON.parse(asVariables(request))).toEqual({ input: request })
})
