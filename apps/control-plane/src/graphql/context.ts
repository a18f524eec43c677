import type { Deps } from '@sluice/engine'
import type { PrismaClient } from '@sluice/db/prisma'
import type { Observing, RequestFacts } from '../observe/request-facts.ts'
import type { Live } from '../live/live.ts'
import type { Viewer } from '../policies/policy.ts'
import type { FlowReader } from './flow-reader.ts'
import type { Loaders } from './loaders.ts'

/** What every request of one process shares. */
export interface Resources {
  deps: Deps
  prisma: PrismaClient
  live: Live
  pages: { default: number; max: number }
  observing: Observing
}

/** What one request knows. viewer is who asks; address is where from; signal ends when the client went away. */
export interface Context extends Resources {
  requestId: string
  viewer: Viewer
  address: string | null
  signal: AbortSignal
  /** What the one line of log about this request says. */
  facts: RequestFacts
  flows: FlowReader
  load: Loaders
}
