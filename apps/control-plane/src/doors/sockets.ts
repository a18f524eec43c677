import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { GraphQLError, type ExecutionArgs, type ExecutionResult } from 'graphql'
import { GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer, type Context as SocketContext } from 'graphql-ws'
import { WebSocketServer } from 'ws'
import type { Context, Resources } from '../graphql/context.ts'
import { contextFor, presented, type GraphqlServer } from '../graphql/server.ts'
import type { Viewer } from '../policies/policy.ts'
import { addressOf } from './address.ts'
import { contained } from './contained.ts'
import { byToken, credentialsOf } from './credentials.ts'
import type { Origins } from './origins.ts'
import { lineOf } from './request-log.ts'
import { pathOf } from './respond.ts'
import { carry, type SocketExtra } from './socket-transport.ts'

interface Options {
  resources: Resources
  server: GraphqlServer
  origins: Origins
  settings: { bodyMaxBytes: number; keepaliveMs: number; subscriptionsPerSocket: number }
}

export interface Sockets {
  /** An HTTP upgrade: accepted on /graphql, with graphql-transport-ws, from our own pages or from no page at all. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Closes every socket with 1012, so that clients reconnect; resolves when they are gone, or cut off after a second. */
  close(): Promise<void>
}

type Extra = SocketExtra & { viewer?: Viewer; gone?: AbortController; stopWatching?: () => void }
type Params = Record<string, unknown> | undefined
type Ctx = SocketContext<Params, Extra>

// Time for the last items to leave before the socket does.
const LAST_ITEMS_MS = 250
const SHUTDOWN_MS = 1000

export function openSockets({ resources, server, origins, settings }: Options): Sockets {
  const sockets = new WebSocketServer({
    noServer: true, maxPayload: settings.bodyMaxBytes,
    handleProtocols: (protocols) => (protocols.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : false),
  })
  const contexts = new WeakMap<object, Context>()
  let closing = false

  const protocol = makeServer<Params, Extra>({
    onConnect: (ctx) => connect(ctx, resources),
    onDisconnect: ({ extra }) => {
      extra.stopWatching?.()
      extra.gone?.abort()
    },
    onSubscribe: (ctx, _id, payload) => {
      const { viewer, gone } = ctx.extra
      if (!viewer || !gone) return [new GraphQLError('This socket has no viewer.')]
      if (Object.keys(ctx.subscriptions).length > settings.subscriptionsPerSocket) return [tooMany(settings.subscriptionsPerSocket)]
      const context = contextFor(resources, { viewer, address: addressOf(ctx.extra.request), signal: gone.signal })
      const prepared = prepare(server, payload, context)
      if (Array.isArray(prepared)) return presented({ errors: prepared }, context).errors ?? []
      contexts.set(prepared, context)
      return prepared
    },
    execute: async (args) => {
      const began = performance.now()
      const result: unknown = await enveloped(args).execute(args)
      tellOf(contexts.get(args), began)
      return result as ExecutionResult
    },
    subscribe: (args) => enveloped(args).subscribe(args),
    onNext: (_ctx, _id, _payload, args, result) => {
      const context = contexts.get(args)
      return context ? presented(result, context) : result
    },
  })

  return {
    upgrade: (request, socket, head) => contained(resources.deps.log, 'upgrade.failed', { run: () => {
      const refusal = closing ? 503 : refusalOf(request, origins)
      if (refusal !== null) return refuse(socket, refusal)
      sockets.handleUpgrade(request, socket, head, (opened) => {
        carry({ protocol, socket: opened, request, keepaliveMs: settings.keepaliveMs, log: resources.deps.log })
      })
    }, drop: () => void socket.destroy() }),
    close: async () => {
      closing = true
      const open = [...sockets.clients]
      const gone = Promise.all(open.map((one) => new Promise<void>((resolve) => one.once('close', () => resolve()))))
      await new Promise((resolve) => setTimeout(resolve, open.length > 0 ? LAST_ITEMS_MS : 0))
      open.forEach((one) => one.close(1012, 'Service restart'))
      const late = setTimeout(() => open.forEach((one) => one.terminate()), SHUTDOWN_MS)
      await gone
      clearTimeout(late)
      sockets.close()
    },
  }
}

/** Over a socket there is no request that ends: each operation is told as it ends. */
function tellOf(context: Context | undefined, began: number): void {
  const line = context && lineOf(context.facts, { door: 'socket', status: null, ms: performance.now() - began })
  if (line) context.deps.log(line)
}

const tooMany = (limit: number): GraphQLError =>
  new GraphQLError(`A socket carries at most ${limit} subscriptions (SUBSCRIPTIONS_PER_SOCKET).`, { extensions: { code: 'LIMIT_EXCEEDED', limit } })

/** By the bearer token of connection_init, else by the cookie of the upgrade. false closes the socket with 4403. */
async function connect(ctx: Ctx, { deps, live }: Resources): Promise<boolean> {
  const authorization = ctx.connectionParams?.['authorization']
  const credentials = authorization === undefined ? await credentialsOf(deps.pool, ctx.extra.request) : await byToken(deps.pool, authorization)
  if (credentials === null) return false
  const { extra } = ctx
  extra.viewer = credentials.viewer
  extra.gone = new AbortController()
  // Its subscriptions end themselves with REVOKED; the socket follows them.
  extra.stopWatching = live.rights.watch(credentials.viewer, () => void setTimeout(() => extra.socket.close(4403, 'Forbidden'), LAST_ITEMS_MS))
  return true
}

type Enveloped = ReturnType<GraphqlServer['getEnveloped']>
type Prepared = ExecutionArgs & { enveloped: Enveloped }
interface Asked { query: string; operationName?: string | null | undefined; variables?: Record<string, unknown> | null | undefined }

/** What to execute, or why not: the same parsing, validation and limits as over HTTP. */
function prepare(server: GraphqlServer, { query, operationName, variables }: Asked, context: Context): Prepared | GraphQLError[] {
  const own = server.getEnveloped(context as never)
  try {
    const document = own.parse(query)
    const errors = own.validate(own.schema, document)
    if (errors.length > 0) return [...errors]
    const asked = { document, operationName: operationName ?? null, variableValues: variables ?? {} }
    return { ...asked, schema: own.schema, contextValue: context, rootValue: {}, enveloped: own }
  } catch (error) {
    if (error instanceof GraphQLError) return [error]
    throw error
  }
}

const enveloped = (args: ExecutionArgs): Enveloped => (args as Prepared).enveloped

type Refusal = 400 | 403 | 404 | 503

function refusalOf(request: IncomingMessage, origins: Origins): Refusal | null {
  if (pathOf(request) !== '/graphql') return 404
  if (!origins(request)) return 403
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim())
  return protocols.includes(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? null : 400
}

function refuse(socket: Duplex, status: Refusal): void {
  socket.on('error', () => undefined)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
