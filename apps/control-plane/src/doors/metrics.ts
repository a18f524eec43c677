import type { Pool } from '@sluice/db'
import type { Registry } from 'prom-client'
import { mayRun } from '../policies/policy.ts'
import { credentialsOf } from './credentials.ts'
import { pathOf, respond, respondRefused, type Door } from './respond.ts'

interface Options {
  pool: Pool
  registry: Registry
  /** What is read from the database at the scrape, as text. */
  database(): Promise<string>
}

/** GET /metrics in the text format of Prometheus. It names lanes and kinds, so it needs a credential that may: a token of role viewer. */
export const metricsDoor = ({ pool, registry, database }: Options): Door => async (request, response) => {
  if (pathOf(request) !== '/metrics') return false
  const credentials = await credentialsOf(pool, request)
  if (credentials === null) return respondRefused(response, {
    status: 401, code: 'UNAUTHENTICATED', message: 'Send a token as `authorization: Bearer …`.', headers: { 'www-authenticate': 'Bearer' },
  })
  if (!mayRun(credentials.viewer, 'door.metrics')) return respondRefused(response, {
    status: 403, code: 'FORBIDDEN', message: 'Metrics need a token of role viewer, operator or admin.',
  })
  if (request.method !== 'GET' && request.method !== 'HEAD') return respondRefused(response, {
    status: 405, code: 'BAD_USER_INPUT', message: 'Read metrics with GET.', headers: { allow: 'GET' },
  })
  const [own, whole] = await Promise.all([registry.metrics(), database()])
  return respond(response, { status: 200, headers: { 'content-type': registry.contentType, 'cache-control': 'no-store' }, body: `${own}\n${whole}` })
}
