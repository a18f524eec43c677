/**
 * The registration. It is made once at the start and again when the control plane no longer knows the worker (NOT_FOUND). A worker that
 * was replaced (CONFLICT) does not register again: two processes would take the name from each other for ever.
 */
import type { Settings } from './options.ts'
import { persist } from './wire/backoff.ts'
import { isRefused, type ControlPlane, type Refused, type Registered, type Registering } from './wire/control-plane.ts'
import { Rejected, Unauthorized } from './wire/transport.ts'

/** The control plane will not have this worker: a wrong token, a bad kind. Its message says what. */
export class WorkerRefused extends Error {
  override readonly name = 'WorkerRefused'
}

export interface Registration {
  workerId: string
  heartbeatMs: number
  /** How long waits are held here; null = that is left to the worker. */
  holdMs: number | null
}

export interface Session {
  /** Throws WorkerRefused. */
  open(): Promise<void>
  current(): Registration
  /** Registers again, unless somebody did since `stale` was current. */
  renew(stale: Registration): Promise<void>
}

export function createSession(o: { controlPlane: ControlPlane; settings: Settings; signal: AbortSignal }): Session {
  let registration: Registration | null = null
  let renewing: Promise<void> | null = null

  const register = async (attempt: () => Promise<Registration>) => {
    registration = await persist(attempt, { backoff: o.settings.backoff, signal: o.signal, log: o.settings.log, what: 'registering' })
    o.settings.log.info('registered', { worker: registration.workerId, name: o.settings.name, url: o.settings.url })
  }
  const ask = async () => accept(await o.controlPlane.register(registeringOf(o.settings), { signal: o.signal }))
  const askFirst = () => ask().catch(asRefusal)

  return {
    open: () => register(askFirst),
    current: () => {
      if (registration === null) throw new Error('The worker is not registered yet')
      return registration
    },
    renew: async stale => {
      if (registration !== stale) return
      renewing ??= register(ask).finally(() => (renewing = null))
      await renewing
    },
  }
}

function accept(answer: Registered | Refused): Registration {
  if (isRefused(answer)) throw new WorkerRefused(`registerWorker was refused: ${answer.message} (${answer.code})`)
  return { workerId: answer.worker.id, heartbeatMs: answer.heartbeatMs, holdMs: answer.holdMs ?? null }
}

/** At the first start a token that is not accepted is a mistake to be told; later it may be an outage to be waited out. */
function asRefusal(error: unknown): never {
  if (error instanceof Unauthorized || error instanceof Rejected) throw new WorkerRefused(`The control plane refuses this worker: ${error.message}`)
  throw error
}

const registeringOf = (s: Settings): Registering => ({
  instanceId: s.instanceId, name: s.name, lanes: s.lanes, capacity: s.capacity, codeVersion: s.codeVersion,
  kinds: Object.entries(s.kinds).map(([name, { title, inputSchema, defaults }]) => ({
    name,
    ...(title !== undefined && { title }),
    ...(inputSchema !== undefined && { inputSchema }),
    ...(defaults !== undefined && { defaults: { ...defaults } }),
  })),
})

