import type { Actor, RetryPolicy } from '@sluice/domain'
import { Forbidden, NotFound } from '@sluice/domain'
import type { Refusal } from '@sluice/domain'
import type { Log, Pool } from '@sluice/db'
import type { EngineObserver } from './observe.ts'
import type { FlowWatch } from './services/flow-watch.ts'
import type { Promoter } from './services/promoter.ts'
import type { EngineSettings } from './settings.ts'
import type { WaitTokens } from './waits/tokens.ts'
import type { WebhookDeps } from './webhooks/webhook-deps.ts'
import type { WakeUps } from './wake-ups.ts'

/** Everything a command may use. Built once; passed, never injected. */
export interface Deps {
  pool: Pool
  settings: EngineSettings
  wake: WakeUps
  promoter: Promoter
  watch: FlowWatch
  /** Aborts when this process stops: long polls answer then. */
  closing: AbortSignal
  /** 0 … 1, for jitter. */
  dice(): number
  log: Log
  /** Who watches: metrics, traces, or nobody. */
  observe: EngineObserver
  webhooks: WebhookDeps
  waitTokens: WaitTokens
}

/** One per item, in order: what was asked for, or why not. Refusals are values; a throw is a bug. */
export type Outcome<T> = T | Refusal

/** hide: the caller may not know that it exists (INV-38). */
export type Access = 'allow' | 'forbid' | 'hide'
export interface OwnedFlow { principalId: string; lane: string; kind: string }
export interface Caller { actor: Actor; access(flow: OwnedFlow): Access }

/** The refusal that access asks for, or undefined. Unknown and hidden are the same words. */
export function accessRefusal(caller: Caller, id: string, flow: (OwnedFlow & { deleted: boolean }) | undefined): Refusal | undefined {
  const access = flow && !flow.deleted ? caller.access(flow) : 'hide'
  if (access === 'hide') return NotFound.of('flow', id)
  if (access === 'forbid') return new Forbidden(`You may not do this to flow ${id}.`)
  return undefined
}

export const retryPolicy = (deps: Pick<Deps, 'settings' | 'dice'>): RetryPolicy => ({
  backoff: { minMs: deps.settings.retryBackoffMinMs, maxMs: deps.settings.retryBackoffMaxMs },
  maxLostStarts: deps.settings.maxLostStarts,
  dice: deps.dice(),
})
