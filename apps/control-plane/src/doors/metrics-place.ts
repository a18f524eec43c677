import type { Log, Pool } from '@sluice/db'
import { databaseMetrics } from '../observe/database-metrics.ts'
import type { Observing } from '../observe/request-facts.ts'
import { healthDoor } from './health.ts'
import { answerBy, createHttpServer, listen } from './listen.ts'
import { metricsDoor } from './metrics.ts'

interface Options { pool: Pool; log: Log; observing: Observing; place: { host: string; port: number } }

export interface MetricsPlace { port: number; close(): Promise<void> }

/** For a process that serves nothing else (role dispatcher alone): /metrics, /healthz and /readyz on METRICS_PORT. */
export async function openMetricsPlace({ pool, log, observing, place }: Options): Promise<MetricsPlace> {
  const http = createHttpServer()
  let stopping = false
  http.on('request', answerBy([
    healthDoor({ pool, isStopping: () => stopping }),
    metricsDoor({ pool, registry: observing.metrics.registry, database: databaseMetrics({ pool }) }),
  ], { log, observing }))
  const port = await listen(http, place)
  return {
    port,
    close: () => {
      stopping = true
      http.closeAllConnections()
      return new Promise((resolve) => http.close(() => resolve()))
    },
  }
}
