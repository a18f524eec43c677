import { setMaxListeners } from 'node:events'
import type { Engine } from '@sluice/engine'
import type { PrismaClient } from '@sluice/db/prisma'
import { DASHBOARD } from '../checkout.ts'
import type { Config } from '../config.ts'
import { graphiqlDoor } from '../doors/graphiql.ts'
import { graphqlDoor } from '../doors/graphql.ts'
import { healthDoor } from '../doors/health.ts'
import { answerBy, createHttpServer, listen } from '../doors/listen.ts'
import { ourOrigins } from '../doors/origins.ts'
import { metricsDoor } from '../doors/metrics.ts'
import { quietConnections } from '../doors/quiet-connections.ts'
import { restDoor } from '../doors/rest/rest-door.ts'
import { sessionDoor } from '../doors/session.ts'
import { openSockets } from '../doors/sockets.ts'
import { staticDoor } from '../doors/static-files.ts'
import { waitpointDoor } from '../doors/waitpoints/waitpoint-door.ts'
import { createGraphqlServer } from '../graphql/server.ts'
import type { Resources } from '../graphql/context.ts'
import { openLive } from '../live/live.ts'
import { databaseMetrics } from '../observe/database-metrics.ts'
import type { Observing } from '../observe/request-facts.ts'

const ALIASES_MAX = 100
const IN_FLIGHT_MS = 10_000
const IDLE_EVERY_MS = 25

export type ApiSettings = Pick<Config,
  'host' | 'port' | 'publicUrl' | 'address' | 'bodyMaxBytes' | 'queryDepth' | 'queryCost' | 'subscriptionsPerSocket' | 'keepaliveMs' | 'subscriberBuffer' |
  'pageDefault' | 'pageMax' | 'sweepFeedMs'>

export interface Api {
  /** Where it listens: the configured port, or the one it got for 0. */
  port: number
  /** No new connection; subscriptions end with SHUTDOWN and sockets with 1012; what is being answered is finished within 10 s. */
  close(): Promise<void>
}

interface ApiOptions { engine: Engine; prisma: PrismaClient; settings: ApiSettings; observing: Observing; dashboardDir?: string }

/** Serves people and workers: GraphQL over HTTP and sockets, sign-in, health, the dashboard. Listens last, when everything is ready. */
export async function startApi({ engine, prisma, settings, observing, dashboardDir = DASHBOARD }: ApiOptions): Promise<Api> {
  const { deps } = engine
  const http = createHttpServer()
  const quiet = quietConnections(http)
  const live = await openLive({ engine: deps, prisma, settings, ended: observing.metrics.subscriptionEnded })
  observing.metrics.lookAt({ live: live.figures, claimsParked: () => deps.promoter.asking })
  const stopping = new AbortController()
  // Every long poll listens.
  setMaxListeners(0, stopping.signal)
  let port = settings.port
  // Asked per request: the port is only known once it listens.
  const origins = (request: Parameters<ReturnType<typeof ourOrigins>>[0]): boolean => ourOrigins({ ...settings, port })(request)
  const resources: Resources = { deps, prisma, live, observing, pages: { default: settings.pageDefault, max: settings.pageMax } }
  const { queryDepth: depth, queryCost: cost, pageDefault } = settings
  const server = createGraphqlServer({ limits: { depth, cost, aliases: ALIASES_MAX, pageDefault } })
  const sockets = openSockets({ resources, server, origins, settings })
  http.on('request', answerBy([
    healthDoor({ pool: deps.pool, isStopping: () => stopping.signal.aborted }),
    metricsDoor({ pool: deps.pool, registry: observing.metrics.registry, database: databaseMetrics({ pool: deps.pool }) }),
    graphiqlDoor(deps),
    graphqlDoor({ resources, server, origins, stopping: stopping.signal, settings }),
    restDoor({ resources, origins, stopping: stopping.signal, settings }),
    waitpointDoor({ deps, prisma, stopping: stopping.signal }),
    sessionDoor({ deps, origins, secure: settings.address.startsWith('https:') }),
    staticDoor({ dir: dashboardDir }),
  ], { log: deps.log, observing }))
  http.on('upgrade', sockets.upgrade)
  await engine.startApi()
  port = await listen(http, settings)
  return {
    port,
    close: async () => {
      stopping.abort()
      const closed = new Promise((resolve) => http.close(resolve))
      await live.close()
      await sockets.close()
      // A connection whose last answer has just left is idle and would be kept alive.
      const idle = setInterval(quiet.end, IDLE_EVERY_MS)
      const late = setTimeout(() => http.closeAllConnections(), IN_FLIGHT_MS)
      await closed
      clearInterval(idle)
      clearTimeout(late)
    },
  }
}
