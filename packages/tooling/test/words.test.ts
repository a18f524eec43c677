import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as protocol from '../../protocol/src/index.ts'
import { REPOSITORY } from './planted.ts'

/** Words that PostgreSQL knows, and what the leaf calls them. */
const STORED: Record<string, readonly string[]> = {
  FlowStatus: protocol.FLOW_STATUSES, FlowPhase: protocol.FLOW_PHASES, QueueClass: protocol.QUEUE_CLASSES, WaitKind: protocol.WAIT_KINDS,
  OnLeaseLost: protocol.ON_LEASE_LOST, AttemptType: protocol.ATTEMPT_TYPES, LaneState: protocol.LANE_STATES, WorkerState: protocol.WORKER_STATES,
  CapScope: protocol.CAP_SCOPES, Role: protocol.ROLES,
}

/** Words that only clients see. */
const SHOWN: Record<string, readonly string[]> = { ...STORED, QueueReason: protocol.QUEUE_REASONS, ErrorCode: protocol.ERROR_CODES }

const enumsOf = (text: string): Record<string, string[]> =>
  Object.fromEntries([...text.matchAll(/^enum (\w+) \{\n([\s\S]*?)^\}/gm)].map(([, name = '', body = '']) => [name, wordsOf(body)]))

const wordsOf = (body: string): string[] => body.replace(/"""[\s\S]*?"""/g, '').split('\n').map(line => line.trim()).filter(line => /^[A-Z_]+$/.test(line))

const sorted = (words: readonly string[] | undefined): string[] => [...(words ?? [])].sort()

test.each(Object.keys(STORED))('the protocol and the Prisma schema have the same words for %s', async name => {
  const stored = enumsOf(await readFile(join(REPOSITORY, 'prisma/schema.prisma'), 'utf8'))
  expect(sorted(stored[name])).toEqual(sorted(STORED[name]))
})

test('the printed GraphQL schema has the words of the protocol in every enum that the protocol names', async () => {
  const shown = enumsOf(await readFile(join(REPOSITORY, 'apps/control-plane/schema.graphql'), 'utf8'))
  const named = Object.keys(shown).filter(name => name in SHOWN)
  expect(named.length).toBeGreaterThan(5)
  for (const name of named) expect(sorted(shown[name]), name).toEqual(sorted(SHOWN[name]))
})
