import { readFileSync } from 'node:fs'
import { buildSchema, getVariableValues, Kind, parse, validate, type OperationDefinitionNode } from 'graphql'
import { expect, test } from 'vitest'
import { waitRequest } from '../src/attempt/wait-request.ts'
import { createControlPlane } from '../src/wire/control-plane.ts'
import * as documents from '../src/wire/documents.ts'
import type { Request } from '../src/wire/transport.ts'

const schema = buildSchema(readFileSync(new URL('../../../apps/control-plane/schema.graphql', import.meta.url), 'utf8'))

const OPTIONAL = ['holdMs', 'traceParent', 'memos', 'memosComplete', 'inputs', 'answered']
const texts = Object.entries(documents).flatMap(([name, document]): [string, string][] =>
  (typeof document === 'string' ? [[name, document]] : [[name, document([])], [`${name} without what is optional`, document(OPTIONAL)]]))

test.each(texts)('%s is a document that the control plane understands', (_name, document) => {
  expect(validate(schema, parse(document)).map(error => error.message)).toEqual([])
})

test('every message carries the input that the schema wants', async () => {
  const sent: Request[] = []
  const plane = createControlPlane(async request => {
    sent.push(request)
    return { results: [] }
  })
  const signal = new AbortController().signal
  const lease = { flowId: 'flow_1', attempt: 0, epoch: 1 }
  const kinds = [{ name: 'k', title: 'K', inputSchema: { type: 'object' }, defaults: { lane: 'default' } }]
  await plane.register({ instanceId: 'i', name: 'n', kinds, lanes: null, capacity: 1, codeVersion: null }, { signal })
  await plane.claim({ workerId: 'wrk_1', max: 1, requestId: 'r', waitMs: 1 }, signal)
  await plane.heartbeat({ workerId: 'wrk_1', leases: [lease], waitMs: 1, draining: false, acknowledged: ['wp_1'] }, signal)
  await plane.start([{ lease }], signal)
  await plane.finish([{ lease, result: { any: 'thing' }, unusedMemos: ['k'] }], signal)
  await plane.fail([{ lease, error: { code: 'C', message: 'M', detail: null }, retryable: true, unusedMemos: ['k'] }], signal)
  await plane.giveBack({ lease }, signal)
  await plane.progress({ lease, percent: 10, message: null }, signal)
  await plane.recordMemos([{ lease, key: 'k', value: [1] }], signal)
  await plane.memos({ flowId: 'flow_1', epoch: 1, keys: ['k'] }, signal)
  await plane.createWaitpoint({ lease, ...waitRequest('k', { form: { type: 'object' }, timeout: '1h', onTimeout: 'AUTO_RESUME', timeoutAnswer: { decision: 'approve' } }) }, signal)
  await plane.suspend({ lease, waitpoint: 'wp_1', mode: 'HELD' }, signal)
  await plane.appendFrames({ lease, frames: [{ sequence: 1, kind: 'TEXT', payload: 'x' }] }, signal)
  expect(sent).toHaveLength(Object.keys(documents).length)
  expect(sent.flatMap(refusals)).toEqual([])
})

function refusals({ query, variables }: Request): string[] {
  const operation = parse(query).definitions.find((node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION)
  return getVariableValues(schema, operation?.variableDefinitions ?? [], variables).errors?.map(error => error.message) ?? []
}
