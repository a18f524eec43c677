import type { Json, WaitKind, WaitMode, WaitpointState, WaitTimeout } from '@sluice/protocol'
import { DEFAULT_DECISIONS } from '@sluice/protocol'
import { at } from './lane-factories.ts'

/** Waits as the API would answer them, filled with what their kind and state imply. */

let made = 0

interface WaitFields {
  id?: string; key?: string; title?: string; mode?: WaitMode | null; state?: WaitpointState; prompt?: string | null; fields?: Json; allowedDecisions?: readonly string[]; answerableBy?: string[]
  viewerMayAnswer?: boolean; openedAt?: string; timeoutAt?: string | null; onTimeout?: WaitTimeout; answer?: object | null; lane?: string
}

/** One that stands open. */
export const fakeWait = (kind: WaitKind = 'APPROVAL', { title = `Report ${made + 1}`, lane = 'default', ...wait }: WaitFields = {}) => {
  made += 1
  return {
    __typename: 'Waitpoint' as const, id: `wpt_${made}`, key: 'publish', kind, mode: 'HELD' as WaitMode | null, state: 'OPEN' as WaitpointState, prompt: 'Publish it?' as string | null, fields: null as Json,
    allowedDecisions: DEFAULT_DECISIONS[kind] as readonly string[], answerableBy: [] as string[], viewerMayAnswer: true, createdAt: at(made), openedAt: at(made), timeoutAt: null as string | null,
    onTimeout: 'FAIL' as WaitTimeout, closedAt: null as string | null, answer: null as object | null,
    flow: {
      __typename: 'Flow' as const, id: `flow_w${made}`, title, kind: 'report.publish', status: 'WAITING', lane: { __typename: 'Lane', id: `lane_${lane}`, name: lane },
      owner: { __typename: 'Principal', id: 'prn_submitter', name: 'submitter' },
    },
    ...wait,
  }
}

export type FakeWait = ReturnType<typeof fakeWait>

/** The same once it was answered. by: a name. */
export const answeredWait = (wait: FakeWait, decision: string, { by = 'olga', payload = null }: { by?: string; payload?: Json } = {}): FakeWait => ({
  ...wait, state: 'SATISFIED', viewerMayAnswer: false, closedAt: at(99),
  answer: { __typename: 'WaitpointAnswer', decision, payload, by: `prn_${by}`, at: at(99), principal: { __typename: 'Principal', id: `prn_${by}`, name: by } },
})

/** An item of waitpointsChanged; without a wait, a snapshot. */
export const waitItem = (waitpoint: FakeWait | null = null) =>
  ({ waitpointsChanged: { __typename: 'WaitpointsChangedItem', cursor: '1', kind: waitpoint ? 'CHANGE' : 'SNAPSHOT', gap: false, end: null, waitpoint } })
