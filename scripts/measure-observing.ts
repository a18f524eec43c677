/**
 * What watching costs: npx tsx scripts/measure-observing.ts [rounds]. Two control planes in one process on one database, one counting, timing and
 * writing lines as in earnest, the other telling nobody. They take turns at the same bulk lifecycle over HTTP (create, claim, start, finish), and the
 * CPU of this process is compared, which a busy machine distorts less than the time. Each turn's order is the reverse of the one before.
 * A busy machine still makes single turns differ by a fifth, so it also says what the calls of one turn cost when nothing else runs: they are kept,
 * and repeated in a loop.
 */
import { observe, openPool, type Pool } from '../packages/db/src/index.ts'
import { openPrisma } from '../packages/db/src/prisma.ts'
import { newId } from '../packages/domain/src/index.ts'
import { createToken, openEngine, UNOBSERVED, type EngineObserver } from '../packages/engine/src/index.ts'
import { startTestServer } from '../packages/testkit/src/db/template.ts'
import { readConfig, type Config } from '../apps/control-plane/src/config.ts'
import { openObserving } from '../apps/control-plane/src/observe/open-observing.ts'
import type { Observing } from '../apps/control-plane/src/observe/request-facts.ts'
import { startApi } from '../apps/control-plane/src/roles/api.ts'

const ROUNDS = Number(process.argv[2] ?? 60)
const WARM_UP = 10
const FLOWS = 200

const REGISTER = 'mutation ($input: RegisterWorkerInput!) { answer: registerWorker(input: $input) { ... on RegisterWorkerPayload { worker { id } } } }'
const CREATE = 'mutation ($input: CreateFlowsInput!) { answer: createFlows(input: $input) { ... on CreateFlowsPayload { results { ... on CreateFlowPayload { flow { id } } } } } }'
const CLAIM = 'mutation ($input: ClaimFlowsInput!) { answer: claimFlows(input: $input) { ... on ClaimFlowsPayload { claims { lease { flowId attempt epoch } } } } }'
const START = 'mutation ($input: StartFlowsInput!) { answer: startFlows(input: $input) { __typename } }'
const FINISH = 'mutation ($input: FinishFlowsInput!) { answer: finishFlows(input: $input) { __typename } }'

interface Side { name: string; calls: (() => void)[]; life(): Promise<void>; close(): Promise<void> }

const server = await startTestServer()
const sides = [await open('watched'), await open('unwatched')] as const
const used = new Map<string, number[]>(sides.map(side => [side.name, []]))
for (let round = 0; round < ROUNDS + WARM_UP; round++) {
  for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
    const before = process.cpuUsage()
    await side.life()
    const { user, system } = process.cpuUsage(before)
    if (round >= WARM_UP) used.get(side.name)?.push((user + system) / 1000)
  }
}
const direct = repeated(await kept(sides[0]))
for (const side of sides) await side.close()
await server.stop()

const [watched = [], unwatched = []] = sides.map(side => used.get(side.name) ?? [])
const ratios = watched.map((ms, at) => ms / (unwatched[at] ?? ms))
process.stdout.write(`${FLOWS} flows a turn, ${ROUNDS} turns each: ${median(watched).toFixed(1)} ms of CPU watched, ${median(unwatched).toFixed(1)} ms unwatched.\n`)
process.stdout.write(`The fastest tenth of the turns: ${at(watched, 0.1).toFixed(1)} ms watched, ${at(unwatched, 0.1).toFixed(1)} ms unwatched.\n`)
process.stdout.write(`Ratio of a pair of turns: median ${median(ratios).toFixed(3)}, quarters ${at(ratios, 0.25).toFixed(3)} to ${at(ratios, 0.75).toFixed(3)}; of the sums ${(sum(watched) / sum(unwatched)).toFixed(3)}.\n`)
process.stdout.write(`The ${direct.calls} calls of one turn alone: ${direct.ms.toFixed(3)} ms, ${((100 * direct.ms) / at(unwatched, 0.1)).toFixed(2)} % of a fast turn.\n`)
process.exit()

/** Every call that one turn makes to whoever watches. */
async function kept({ life, calls }: Side): Promise<(() => void)[]> {
  calls.length = 0
  await life()
  return [...calls]
}

function repeated(calls: (() => void)[]): { calls: number; ms: number } {
  const times = 3000
  const round = (): void => calls.forEach(call => call())
  for (let warm = 0; warm < times; warm++) round()
  const before = process.cpuUsage()
  for (let time = 0; time < times; time++) round()
  const { user, system } = process.cpuUsage(before)
  return { calls: calls.length, ms: (user + system) / 1000 / times }
}

/** The same object, whose functions note how they were called. */
function noting<T extends object>(told: T, calls: (() => void)[]): T {
  return Object.fromEntries(Object.entries(told).map(([name, call]: [string, unknown]) => [name, typeof call !== 'function' ? call : (...said: unknown[]) => {
    calls.push(() => { (call as (...said: unknown[]) => void)(...said) })
    return (call as (...said: unknown[]) => unknown)(...said)
  }])) as T
}

async function open(name: 'watched' | 'unwatched'): Promise<Side> {
  const settings = { ...readConfig({ PORT: '0', QUERY_COST: '100000000' }) }
  const pool = openPool({ url: server.templateUrl, max: 8, log: () => undefined })
  const prisma = openPrisma(server.templateUrl, { max: 4 })
  const calls: (() => void)[] = []
  const observing = name === 'watched' ? await watching({ pool, settings, calls }) : silent()
  let written = 0
  const line = (entry: object): void => { written += JSON.stringify({ at: new Date().toISOString(), ...entry }).length }
  const { log } = name === 'watched' ? noting({ log: line }, calls) : { log: () => undefined }
  const engine = await openEngine({ pool, settings, transport: null, process: { id: newId('server'), version: name, roles: ['api'] }, log, observe: observing.engine })
  const api = await startApi({ engine, prisma, observing, settings })
  const token = await createToken(pool, { actor: { kind: 'system', principalId: null }, name, role: 'WORKER' })
  const creator = await createToken(pool, { actor: { kind: 'system', principalId: null }, name: `${name}-creator`, role: 'OPERATOR' })
  if (token instanceof Error || creator instanceof Error) throw new Error('no token')
  const ask = (secret: string, query: string, input: object) => post({ url: `http://127.0.0.1:${api.port}/graphql`, secret, query, input })
  const workerId = (await ask(token.secret, REGISTER, { instanceId: name, name, kinds: [{ name }], capacity: 1000 })).worker.id
  return {
    name, calls,
    life: async () => {
      await ask(creator.secret, CREATE, { items: Array.from({ length: FLOWS }, () => ({ kind: name })) })
      const { claims } = await ask(token.secret, CLAIM, { workerId, max: FLOWS, waitMs: 5000, requestId: newId('lease') })
      if (claims.length !== FLOWS) throw new Error(`${claims.length} of ${FLOWS} flows were claimed`)
      const items = claims.map(({ lease }) => ({ lease }))
      await ask(token.secret, START, { items })
      await ask(token.secret, FINISH, { items })
    },
    close: async () => {
      await api.close()
      await engine.close()
      await prisma.$disconnect()
      await pool.end()
    },
  }
}

async function watching({ pool, settings, calls }: { pool: Pool; settings: Config; calls: (() => void)[] }): Promise<Observing & { engine: EngineObserver }> {
  const open = await openObserving({ pool, version: 'measured', processId: 'watched', settings })
  observe(pool, noting(open.metrics.statements, calls))
  return { metrics: noting(open.metrics, calls), tracing: null, engine: noting(open.engine, calls) }
}

/** The same interfaces, and nobody behind them. */
function silent(): Observing & { engine: EngineObserver } {
  const nothing = () => undefined
  const metrics = { registry: {}, request: nothing, operation: nothing, refused: nothing, subscriptionEnded: nothing, reconnected: nothing, lookAt: nothing }
  return { metrics: metrics as unknown as Observing['metrics'], tracing: null, engine: UNOBSERVED }
}

interface Answer { worker: { id: string }; claims: { lease: object }[] }

async function post({ url, secret, query, input }: { url: string; secret: string; query: string; input: object }): Promise<Answer> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` }, body: JSON.stringify({ query, variables: { input } }) })
  const { data, errors } = (await answer.json()) as { data?: { answer: Answer }; errors?: unknown }
  if (!data) throw new Error(JSON.stringify(errors))
  return data.answer
}

function at(values: number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0
}

function median(values: number[]): number {
  return at(values, 0.5)
}

function sum(values: number[]): number {
  return values.reduce((a, b) => a + b, 0)
}
