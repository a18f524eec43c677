/**
 * What the fake control plane knows of memory, waits, output and artifacts: the rules of the contract that a worker can break, and nothing of
 * who may answer. A flow that is answered goes back to its worker while the wait is held, and into the queue when it was released.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Json, LeaseRef } from '@sluice/protocol'
import type { FakeFlow } from './fake-control-plane.ts'

export interface FakeMemo { key: string; kind: 'STEP' | 'ANSWER'; value: Json }
export interface FakeFrame { attempt: number; sequence: number; kind: string; payload: Json }
export interface FakeWaitpoint { id: string; key: string; kind: string; state: string; asked: Json; answer: { decision: string; payload: Json; by: string } | null; unread: boolean; releasedBy: number | null }
export interface FakeArtifact { mediaType: string; content: Buffer }
export interface FakeMind {
  memos: FakeMemo[]; waitpoints: FakeWaitpoint[]; frames: FakeFrame[]; artifacts: Record<string, FakeArtifact>; inputs: Json[]; unusedMemos: string[]
  waitMode: 'HELD' | 'RELEASED' | null
}
export const freshMind = (): FakeMind => ({ memos: [], waitpoints: [], frames: [], artifacts: {}, inputs: [], unusedMemos: [], waitMode: null })

interface WaitInput { lease: LeaseRef; key: string; value: Json; kind: string; waitpoint: string; mode: 'HELD' | 'RELEASED'; frames: Omit<FakeFrame, 'attempt'>[]; items: WaitInput[] }
type Answered = Record<string, unknown>

const refusal = (code: string, message: string): Answered => ({ __typename: 'Refusal', code, message })
const STALE = refusal('STALE_LEASE', 'The lease is not current')

export interface FakeWaitsDeps {
  /** The flow, while this lease is current. */
  holder(lease: LeaseRef): FakeFlow | null
  find(flowId: string): FakeFlow
  changed(): void
}

export function fakeWaits({ holder, find, changed }: FakeWaitsDeps) {
  const flowOf = (lease: LeaseRef): FakeFlow | undefined => find(lease.flowId)
  const seen = (point: FakeWaitpoint) => ({ id: point.id, answer: point.answer })
  const open = (flow: FakeFlow) => flow.waitpoints.find(point => point.state === 'OPEN')

  const recordMemo = ({ lease, key, value }: WaitInput): Answered => {
    const flow = holder(lease)
    if (!flow) return STALE
    const known = flow.memos.find(memo => memo.key === key)
    if (known && known.kind !== 'STEP') return refusal('MEMO_MISMATCH', `"${key}" was kept as an answer`)
    if (!known) flow.memos.push({ key, kind: 'STEP', value })
    return { memo: known ?? { key, kind: 'STEP', value } }
  }

  const recordMemos = ({ items }: WaitInput): Answered => ({ results: items.map(item => recordMemo(item)) })

  const createWaitpoint = (input: WaitInput): Answered => {
    const flow = holder(input.lease)
    if (!flow) return STALE
    if (flow.memos.some(memo => memo.key === input.key && memo.kind === 'STEP')) return refusal('MEMO_MISMATCH', `"${input.key}" was kept as a step`)
    const point = flow.waitpoints.find(known => known.key === input.key) ?? made(flow, input)
    changed()
    return { waitpoint: seen(point), token: `token-${point.id}`, url: `http://127.0.0.1/w/${point.id}` }
  }
  const made = (flow: FakeFlow, input: WaitInput): FakeWaitpoint => {
    const { key, kind } = input
    const point = { id: `${flow.id}-${key}`, key, kind, state: 'PENDING', asked: { ...input, lease: null } as unknown as Json, answer: null, unread: false, releasedBy: null }
    flow.waitpoints.push(point)
    return point
  }

  const suspendFlow = ({ lease, waitpoint, mode }: WaitInput): Answered => {
    const former = flowOf(lease)?.waitpoints.find(known => known.id === waitpoint)
    if (mode === 'RELEASED' && former?.releasedBy === lease.epoch) return { flow: { status: flowOf(lease)?.status }, waitpoint: { id: former.id, answer: null } }
    const flow = holder(lease)
    if (!flow) return STALE
    const point = flow.waitpoints.find(known => known.id === waitpoint)
    if (!point) return refusal('NOT_FOUND', 'There is no such waitpoint')
    if (flow.cancelling) flow.status = 'CANCELLED'
    else if (!point.answer) {
      const other = open(flow)
      if (other && other !== point) return refusal('CONFLICT', 'The flow waits for something else')
      point.state = 'OPEN'
      if (mode === 'RELEASED') point.releasedBy = lease.epoch
      Object.assign(flow, { status: 'WAITING', waitMode: mode })
    }
    changed()
    return { flow: { status: flow.status }, waitpoint: seen(point) }
  }

  const appendFrames = ({ lease, frames }: WaitInput): Answered => {
    const flow = holder(lease)
    if (!flow) return STALE
    let last = flow.frames.filter(frame => frame.attempt === lease.attempt).length
    if (JSON.stringify(frames).includes(String.raw`\u0000`)) return refusal('INVALID_INPUT', 'A text contains U+0000')
    if (frames.length > 1_000 || frames.some(frame => Buffer.byteLength(JSON.stringify(frame.payload)) > 64 * 1024)) return refusal('LIMIT_EXCEEDED', 'Too much')
    if (frames.some((frame, i) => frame.sequence !== (frames[0]?.sequence ?? 0) + i) || (frames[0]?.sequence ?? 0) > last + 1) return refusal('INVALID_INPUT', 'A frame is missing')
    for (const frame of frames) if (frame.sequence > last) last = flow.frames.push({ attempt: lease.attempt, ...frame }) && frame.sequence
    changed()
    return { lastSequence: last }
  }

  /** As resolveWaitpoint; before the flow waits for it too. */
  const answer = (flowId: string, key: string, decision: string, payload: Json = null, by = 'prn_1') => {
    const flow = find(flowId)
    const point = flow.waitpoints.find(known => known.key === key)
    if (!point) throw new Error(`flow ${flowId} asks nothing called ${key}`)
    if (point.answer) return
    const wasOpen = point.state === 'OPEN'
    Object.assign(point, { answer: { decision, payload, by }, state: 'SATISFIED', unread: wasOpen && flow.waitMode === 'HELD' })
    flow.memos.push({ key, kind: 'ANSWER', value: { decision, payload, by } })
    if (wasOpen) Object.assign(flow, { status: flow.waitMode === 'HELD' ? 'RUNNING' : 'QUEUED', waitMode: null })
    changed()
  }

  /** As the sweep: a flow that waits waits on without its worker, any other is tried again. */
  const loseWorker = (flowId: string) => {
    const flow = find(flowId)
    flow.epoch += 1_000
    if (flow.status === 'WAITING') flow.waitMode = 'RELEASED'
    else if (flow.status === 'RUNNING') flow.status = 'QUEUED'
    changed()
  }

  const sayTo = (response: ServerResponse) => (status: number, body: object) =>
    void response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body))
  const artifactAsked = (request: IncomingMessage) => {
    const [, flowId = '', name = ''] = /^\/flows\/([^/]+)\/artifacts\/([^/]+)$/.exec(request.url ?? '') ?? []
    const [attempt, epoch] = String(request.headers['sluice-lease']).split('.').map(Number)
    return { name: decodeURIComponent(name), flow: holder({ flowId, attempt: attempt ?? 0, epoch: epoch ?? 0 }) }
  }

  const getArtifact = (request: IncomingMessage, response: ServerResponse) => {
    const { flow, name } = artifactAsked(request)
    if (!flow) return sayTo(response)(409, STALE)
    const found = flow.artifacts[name]
    if (!found) return sayTo(response)(404, refusal('NOT_FOUND', 'There is no such artifact'))
    response.writeHead(200, { 'content-type': found.mediaType, 'content-length': found.content.length }).end(found.content)
  }

  const putArtifact = async (request: IncomingMessage, response: ServerResponse) => {
    const content = await buffer(request)
    const say = sayTo(response)
    const { flow, name } = artifactAsked(request)
    if (!flow) return say(409, STALE)
    if (request.headers['content-digest'] !== `sha-256=:${createHash('sha256').update(content).digest('base64')}:`) return say(400, refusal('INVALID_INPUT', 'The digest is another'))
    flow.artifacts[name] = { mediaType: String(request.headers['content-type']), content }
    changed()
    say(201, {})
  }

  return {
    answer, loseWorker, putArtifact, getArtifact,
    messages: { recordMemos, createWaitpoint, suspendFlow, appendFrames } as unknown as Record<string, (input: unknown) => object>,
    memos: ({ flowId, keys }: { flowId: string; keys: string[] }) => find(flowId).memos.filter(memo => keys.includes(memo.key)),
    withLease: (flow: FakeFlow, memosMax: number) =>
      ({ memos: flow.memos.slice(0, memosMax), memosComplete: flow.memos.length <= memosMax, inputs: flow.inputs }),
    answeredFor: (leases: LeaseRef[]) => leases.flatMap(lease =>
      (holder(lease)?.waitpoints ?? []).filter(point => point.unread).map(point => ({ lease, waitpoint: seen(point) }))),
    acknowledge: (leases: LeaseRef[], ids: string[]) => {
      for (const lease of leases) for (const point of holder(lease)?.waitpoints ?? []) if (ids.includes(point.id)) point.unread = false
    },
  }
}
