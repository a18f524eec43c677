/**
 * A control plane of a hundred lines for faults of the wire that a real one does not make on request: lost answers, restarts, refusals.
 * It keeps the rules of a lease (who holds what, what was answered to which request), and nothing else of a real one.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json, LeaseRef } from '@sluice/protocol'
import { fakeWaits, freshMind, type FakeMind } from './fake-waits.ts'

export interface FakeFlow extends FakeMind {
  id: string; kind: string; input: Json; status: string; epoch: number; cancelling: boolean; started: boolean; progress: Json[]
  traceParent?: string; result?: Json; error?: Json; retryable?: boolean; returned?: 'unstarted' | 'interrupted'
}
interface Input {
  workerId: string; requestId: string; max: number; waitMs: number; draining: boolean; leases: LeaseRef[]; lease: LeaseRef; items: Input[]
  result: Json; error: Json; retryable: boolean; percent: number | null; message: string | null; acknowledged?: string[]; unusedMemos?: string[]
}
export type Fault = 'lose the answer' | 'lose the request' | 'never answer' | 'not known' | { http: number } | { refuse: string }
export type FakeControlPlane = Awaited<ReturnType<typeof startFake>>

export async function startFake() {
  const flows = new Map<string, FakeFlow>()
  const claims = new Map<string, LeaseRef[]>()
  const calls: { field: string; input: Input }[] = []
  const faults: { field: string; fault: Fault; times: number }[] = []
  let registrations = 0
  let memosWithLease = 1_000
  let holdMs: number | null = null
  let heartbeatMs = 1_000
  let wake: (() => void)[] = []
  let server: Server
  let port = 0

  const changed = () => {
    const waiters = wake
    wake = []
    for (const resolve of waiters) resolve()
  }
  const parked = async (request: IncomingMessage, waitMs: number, ready: () => boolean) => {
    const until = Date.now() + waitMs
    while (!ready() && Date.now() < until && !request.socket.destroyed) {
      await new Promise<void>(resolve => {
        const go = () => {
          clearTimeout(timer)
          request.socket.off('close', go)
          resolve()
        }
        const timer = setTimeout(go, until - Date.now())
        request.socket.once('close', go)
        wake.push(go)
      })
    }
  }
  const holder = (lease: LeaseRef) => {
    const flow = flows.get(lease.flowId)
    const isHeld = flow?.status === 'RUNNING' || (flow?.status === 'WAITING' && flow.waitMode === 'HELD')
    return isHeld && flow?.epoch === lease.epoch ? flow : null
  }
  const write = (lease: LeaseRef, payload: string, change: (flow: FakeFlow) => unknown) => {
    const flow = holder(lease)
    if (!flow) return { __typename: 'StaleLease', code: 'STALE_LEASE', message: 'The lease is not current' }
    if (flow.cancelling) flow.status = 'CANCELLED'
    else if (flow.status === 'WAITING' && payload !== 'ReportProgressPayload') return { __typename: 'Refusal', code: 'CONFLICT', message: 'The flow waits' }
    else change(flow)
    changed()
    return { __typename: payload, flow: { status: flow.status } }
  }
  const lease = (input: Input) => {
    const known = claims.get(input.requestId)
    if (known) return known
    const given = [...flows.values()].filter(flow => flow.status === 'QUEUED').slice(0, input.max)
    for (const flow of given) Object.assign(flow, { status: 'RUNNING', epoch: flow.epoch + 1 })
    const leases = given.map(flow => ({ flowId: flow.id, attempt: flow.epoch - 1, epoch: flow.epoch }))
    if (leases.length > 0) claims.set(input.requestId, leases)
    return leases
  }
  const flowOf = (id: string) => {
    const flow = flows.get(id)
    const fixed = { labels: {}, createdAt: '2026-01-01T00:00:00.000Z', deadlineAt: null, maxAttempts: 1, retriesUsed: 0, onLeaseLost: 'FAIL' }
    return { id, kind: flow?.kind, title: id, input: flow?.input, traceParent: flow?.traceParent ?? null, ...fixed }
  }
  const waits = fakeWaits({ holder, find: id => flows.get(id) as FakeFlow, changed })
  const finish = (input: Input) => write(input.lease, 'FinishFlowPayload', flow =>
    Object.assign(flow, { status: 'FINISHED', result: input.result, unusedMemos: input.unusedMemos ?? [] }))
  const failing = (input: Input) =>
    write(input.lease, 'FailFlowPayload', flow => Object.assign(flow, { status: 'FAILED', error: input.error, retryable: input.retryable, unusedMemos: input.unusedMemos ?? [] }))

  const answers: Record<string, (input: Input, request: IncomingMessage) => Promise<object> | object> = {
    registerWorker: () => ({ __typename: 'RegisterWorkerPayload', worker: { id: `wrk_${++registrations}` }, leaseTtlMs: 3 * heartbeatMs, heartbeatMs, holdMs }),
    claimFlows: async (input, request) => {
      await parked(request, input.waitMs, () => [...flows.values()].some(flow => flow.status === 'QUEUED') || claims.has(input.requestId))
      if (request.socket.destroyed) return {}
      return { __typename: 'ClaimFlowsPayload', claims: lease(input).map(ref => ({ flow: flowOf(ref.flowId), lease: ref, ...waits.withLease(flows.get(ref.flowId) as FakeFlow, memosWithLease) })) }
    },
    heartbeat: async (input, request) => {
      const pulse = () => ({
        lost: input.leases.filter(ref => !holder(ref)),
        cancelling: input.leases.filter(ref => holder(ref)?.cancelling),
        answered: waits.answeredFor(input.leases),
      })
      waits.acknowledge(input.leases, input.acknowledged ?? [])
      await parked(request, input.waitMs, () => pulse().lost.length + pulse().cancelling.length + pulse().answered.length > 0)
      return { __typename: 'HeartbeatPayload', ...pulse() }
    },
    startFlows: input => ({ results: input.items.map(item => write(item.lease, 'StartFlowPayload', flow => (flow.started = true))) }),
    finishFlows: input => unreadable(input) ?? { results: input.items.map(finish) },
    failFlows: input => unreadable(input) ?? { results: input.items.map(failing) },
    returnFlow: input =>
      write(input.lease, 'ReturnFlowPayload', flow => Object.assign(flow, { status: 'RETURNED', returned: flow.started ? 'interrupted' : 'unstarted' })),
    reportProgress: input => write(input.lease, 'ReportProgressPayload', flow => flow.progress.push([input.percent, input.message])),
    ...waits.messages,
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const ofBytes = { PUT: 'artifact', GET: 'readArtifact' }[request.method ?? '']
    const body = ofBytes ? null : await readBody(request)
    const field = ofBytes ?? /answer: (\w+)\(/.exec(body?.query ?? '')?.[1] ?? ''
    const input = (body?.variables.input ?? body?.variables ?? {}) as Input
    calls.push({ field, input })
    changed()
    const fault = takeFault(faults, field)
    if (fault === 'not known') return notKnown(response, field)
    if (fault === 'never answer') return
    if (fault === 'lose the request') return request.socket.destroy()
    if (fault !== null && typeof fault === 'object' && 'http' in fault) return response.writeHead(fault.http).end('busy')
    if (fault !== null && typeof fault === 'object') return send(response, { code: fault.refuse, message: `refused with ${fault.refuse}` })
    if (ofBytes && fault === null) return await (ofBytes === 'artifact' ? waits.putArtifact : waits.getArtifact)(request, response)
    if (field === 'memos') return send(response, waits.memos(body?.variables as unknown as { flowId: string; keys: string[] }))
    const answer = (await answers[field]?.(input, request)) ?? {}
    if (fault === 'lose the answer') return request.socket.destroy()
    send(response, answer)
  }

  const listen = () =>
    new Promise<void>(resolve => {
      server = createServer((request, response) => void handle(request, response).catch(() => request.socket.destroy()))
      server.listen(port, '127.0.0.1', () => {
        port = (server.address() as AddressInfo).port
        resolve()
      })
    })
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  await listen()

  return {
    url: `http://127.0.0.1:${port}`,
    calls: (field: string) => calls.filter(call => call.field === field).map(call => call.input),
    flow: (id: string) => flows.get(id) as FakeFlow,
    enqueue: (kind: string, input: Json = {}, more: Partial<FakeFlow> = {}) => {
      const id = `flow_${flows.size + 1}`
      flows.set(id, { id, kind, input, status: 'QUEUED', epoch: 0, cancelling: false, started: false, progress: [], ...freshMind(), ...more })
      changed()
      return id
    },
    change: (id: string, to: Partial<FakeFlow>) => {
      Object.assign(flows.get(id) ?? {}, to)
      changed()
    },
    /** The next `times` requests of this field meet the fault. */
    next: (field: string, fault: Fault, times = 1) => void faults.push({ field, fault, times }),
    answer: waits.answer,
    /** Its lease runs out. */
    loseWorker: waits.loseWorker,
    /** From now on a claim carries no more than this many memos; and how long waits are to be held, from the next registration on. */
    set: (to: { memosWithLease?: number; holdMs?: number; heartbeatMs?: number }) => {
      memosWithLease = to.memosWithLease ?? memosWithLease
      holdMs = to.holdMs ?? holdMs
      heartbeatMs = to.heartbeatMs ?? heartbeatMs
    },
    stop: close,
    startAgain: listen,
    [Symbol.asyncDispose]: close,
    /** Looks again whenever a request arrives or a flow changes; fails after five seconds. */
    until: async (check: () => boolean) => {
      const deadline = Date.now() + 5_000
      while (!check()) {
        if (Date.now() > deadline) throw new Error(`not within five seconds: ${check.toString()}`)
        await new Promise<void>(resolve => {
          const timer = setTimeout(resolve, 20)
          wake.push(() => (clearTimeout(timer), resolve()))
        })
      }
    },
  }
}

/** As the real one: a text that PostgreSQL cannot keep refuses the whole request that carries it. */
const unreadable = (input: Input) =>
  JSON.stringify(input).includes(String.raw`\u0000`) ? { __typename: 'InvalidInput', code: 'INVALID_INPUT', message: 'A text contains U+0000' } : null

function takeFault(faults: { field: string; fault: Fault; times: number }[], field: string): Fault | null {
  const found = faults.find(entry => entry.field === field && entry.times > 0)
  if (!found) return null
  found.times--
  return found.fault
}

async function readBody(request: IncomingMessage): Promise<{ query: string; variables: { input?: Input } }> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as { query: string; variables: { input?: Input } }
}

/** As one of a version before: the document is not understood. */
const notKnown = (response: ServerResponse, field: string) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({
    errors: [{ message: `Cannot query field "${field}" on type "Mutation".`, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }],
  }))

const send = (response: ServerResponse, answer: object) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: { answer } }))
