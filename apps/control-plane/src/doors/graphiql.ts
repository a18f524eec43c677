import { randomBytes } from 'node:crypto'
import type { Pool } from '@sluice/db'
import { credentialsOf } from './credentials.ts'
import { pathOf, redirect, respond, type Door } from './respond.ts'
import { wantsPage } from './rest/prefers-page.ts'

/** GraphiQL at /graphql, for a signed-in browser; everything it needs is in the page. */
export const graphiqlDoor = ({ pool }: { pool: Pool }): Door => async (request, response) => {
  if (pathOf(request) !== '/graphql' || request.method !== 'GET' || !wantsPage(request.headers)) return false
  const credentials = await credentialsOf(pool, request)
  if (credentials === null) return redirect(response, '/sign-in?next=%2Fgraphql')
  const nonce = randomBytes(16).toString('base64')
  return respond(response, {
    // The first is the page's own; a later one is text within the editor's code, and stays.
    status: 200, body: (await page()).replace('<script>', `<script nonce="${nonce}">`),
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'content-security-policy': policy(nonce) },
  })
}

// Nine megabytes of editor: loaded when somebody opens it for the first time.
let rendered: Promise<string> | null = null
const page = (): Promise<string> => (rendered ??= import('@graphql-yoga/render-graphiql').then(({ renderGraphiQL }) => renderGraphiQL({
  title: 'Sluice: GraphiQL', endpoint: '/graphql', credentials: 'same-origin', subscriptionsProtocol: 'WS',
  defaultQuery: '{ viewer { principal { name } permissions } }',
})))

// The editor makes its workers from blobs and its styles as it goes; scripts are only the page's own.
const policy = (nonce: string): string => [
  "default-src 'none'", `script-src 'nonce-${nonce}' blob:`, 'worker-src blob:', "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:", "font-src 'self' data:", "connect-src 'self'", "base-uri 'none'", "frame-ancestors 'none'",
].join('; ')
