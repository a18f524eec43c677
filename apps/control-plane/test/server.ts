/** A control plane on a database of its own: real PostgreSQL, real HTTP, real sockets. Two on one url are two servers. */
import { openPool, type Pool } from '@sluice/db'
import { openNotify } from '@sluice/db/notify'
import { openPrisma } from '@sluice/db/prisma'
import { newId, Refusal } from '@sluice/domain'
import { createToken, openEngine, type Deps, type EngineSettings, type SendDelivery } from '@sluice/engine'
import type { Role } from '@sluice/protocol'
import { cloneDatabase } from '@sluice/testkit/db'
import { readConfig, type Config } from '../src/config.ts'
import { openOutbound, webhookDeps } from '../src/engine-options.ts'
import { openObserving, type OpenObserving } from '../src/observe/open-observing.ts'
import { startApi } from '../src/roles/api.ts'
import { startDispatcher } from '../src/roles/dispatcher.ts'

export interface Answer<Data = Record<string, unknown>> {
  status: number
  data: Data | null
  errors: { message: string; path?: string[]; extensions: Record<string, unknown> }[]
}

export interface Principal {
  id: string
  token: string
  tokenId: string
  ask<Data = Record<string, never>>(document: string, variables?: Record<string, unknown>): Promise<Answer<Data>>
}

export interface TestServer extends AsyncDisposable {
  url: string
  databaseUrl: string
  deps: Deps
  observing: OpenObserving
  pool: Pool
  /** What was logged, newest last. */
  logged: Record<string, unknown>[]
  principal(role: Role, o?: { scopes?: string[] }): Promise<Principal>
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  close(): Promise<void>
}

interface Options {
  settings?: Partial<Config & EngineSettings>
  databaseUrl?: string
  dashboardDir?: string
  /** Makes it a dispatcher too, which sends by this; absent: deliveries stay. */
  send?: SendDelivery
}

/** What an operator gives a server that stores and signs. */
const KEYS = {
  DATA_ENCRYPTION_KEY: Buffer.alloc(32, 'a key of the tests ').toString('base64'),
  WAITPOINT_HMAC_SECRET: Buffer.alloc(32, 'a secret of waits ').toString('base64'),
  FLOW_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 'a secret of the tests ').toString('base64')}`,
}

export async function testServer({ settings = {}, databaseUrl, dashboardDir, send }: Options = {}): Promise<TestServer> {
  const clone = databaseUrl === undefined ? await cloneDatabase() : undefined
  const url = databaseUrl ?? clone?.url ?? ''
  const logged: Record<string, unknown>[] = []
  const log = (entry: Record<string, unknown>): void => void logged.push(entry)
  const { webhookUrl = null, ...given } = settings
  const config = { ...readConfig({ PORT: '0', SWEEP_FEED: '50ms', ...KEYS }), webhookUrl, ...given }
  const pool = openPool({ url, max: 8, log })
  const prisma = openPrisma(url, { max: 4 })
  const transport = await openNotify({ url, channel: 'sluice', log: () => undefined })
  const process = { id: newId('server'), version: 'test', roles: ['api'] }
  const observing = await openObserving({ pool, version: 'test', processId: process.id, settings: config })
  transport.onReconnect(observing.metrics.reconnected)
  let address = ''
  const webhooks = webhookDeps(config, { outbound: openOutbound(config), address: () => address })
  const engine = await openEngine({ pool, settings: config, webhooks, waitpointSecret: config.waitpointSecret, transport, process, log, observe: observing.engine })
  const api = await startApi({ engine, prisma, observing, settings: config, ...(dashboardDir === undefined ? {} : { dashboardDir }) })
  address = `http://127.0.0.1:${api.port}`
  if (send) startDispatcher(engine, { prisma, send })
  let closed = false
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    await api.close()
    await engine.close()
    await transport.close()
    await observing.close()
    await prisma.$disconnect()
    await pool.end()
    await clone?.drop()
  }
  return {
    url: address, databaseUrl: url, deps: engine.deps, observing, pool, logged, close,
    principal: (role, o = {}) => principalOf({ pool, address, role, scopes: o.scopes ?? [] }),
    sql: async (text, values = []) => (await pool.query<Record<string, unknown>>(text, values)).rows,
    [Symbol.asyncDispose]: close,
  }
}

let made = 0

async function principalOf({ pool, address, role, scopes }: { pool: Pool; address: string; role: Role; scopes: string[] }): Promise<Principal> {
  made += 1
  const token = await createToken(pool, { actor: { kind: 'system', principalId: null }, name: `${role.toLowerCase()}-${made}`, role, scopes })
  if (token instanceof Refusal) throw token
  return { id: token.principalId, token: token.secret, tokenId: token.tokenId, ask: (document, variables) => ask(address, { authorization: `Bearer ${token.secret}` }, document, variables) }
}

export async function ask<Data>(address: string, headers: Record<string, string>, query: string, variables: Record<string, unknown> = {}): Promise<Answer<Data>> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json', ...headers }, body: JSON.stringify({ query, variables }),
  })
  const { data = null, errors = [] } = (await response.json()) as { data?: Data; errors?: Answer['errors'] }
  return { status: response.status, data, errors }
}

/** The data, or a failure that shows what came instead. */
export async function dataOf<Data>(answer: Promise<Answer<Data>>): Promise<Data> {
  const { data, errors, status } = await answer
  if (data === null || errors.length > 0) throw new Error(`HTTP ${status}: ${JSON.stringify(errors)}`)
  return data
}

const CREATE = `mutation ($input: CreateFlowsInput!) { createFlows(input: $input) { __typename ... on Error { message }
  ... on CreateFlowsPayload { results { __typename ... on CreateFlowPayload { flow { id } } ... on Error { message } } } } }`

export async function createFlows(by: Principal, items: Record<string, unknown>[]): Promise<string[]> {
  const { createFlows: made } = await dataOf(by.ask<{ createFlows: { results: { flow?: { id: string }; message?: string }[] } }>(CREATE, { input: { items } }))
  return made.results.map(({ flow, message }) => {
    if (!flow) throw new Error(message)
    return flow.id
  })
}

/** A registered worker for kind `work`, speaking through the API. */
export interface TestWorker {
  by: Principal
  workerId: string
  /** Claims and, unless told otherwise, reports the start. */
  take(max?: number, o?: { start?: boolean; waitMs?: number }): Promise<{ flowId: string; attempt: number; epoch: number }[]>
  finish(lease: { flowId: string; attempt: number; epoch: number }, result?: unknown): Promise<unknown>
}

export async function testWorker(server: TestServer, { kind = 'work', capacity = 100 }: { kind?: string; capacity?: number } = {}): Promise<TestWorker> {
  const by = await server.principal('WORKER')
  const register = `mutation ($input: RegisterWorkerInput!) { registerWorker(input: $input) { ... on RegisterWorkerPayload { worker { id } } ... on Error { message } } }`
  const { registerWorker } = await dataOf(by.ask<{ registerWorker: { worker: { id: string } } }>(register, { input: { instanceId: newId('lease'), name: 'test', kinds: [{ name: kind }], capacity } }))
  const workerId = registerWorker.worker.id
  const claim = `mutation ($input: ClaimFlowsInput!) { claimFlows(input: $input) { ... on ClaimFlowsPayload { claims { lease { flowId attempt epoch } } } ... on Error { message } } }`
  const start = `mutation ($input: StartFlowsInput!) { startFlows(input: $input) { ... on StartFlowsPayload { results { __typename } } } }`
  const finish = `mutation ($input: FinishFlowInput!) { finishFlow(input: $input) { __typename ... on FinishFlowPayload { flow { id status } } ... on Error { code message } } }`
  return {
    by, workerId,
    take: async (max = 1, o = {}) => {
      const input = { workerId, max, waitMs: o.waitMs ?? 2000, requestId: newId('lease') }
      const { claimFlows } = await dataOf(by.ask<{ claimFlows: { claims: { lease: { flowId: string; attempt: number; epoch: number } }[] } }>(claim, { input }))
      const leases = claimFlows.claims.map(({ lease }) => lease)
      if (o.start !== false && leases.length > 0) await dataOf(by.ask(start, { input: { items: leases.map((lease) => ({ lease })) } }))
      return leases
    },
    finish: async (lease, result = null) => dataOf(by.ask(finish, { input: { lease, result } })),
  }
}
