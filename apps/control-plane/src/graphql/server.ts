import { randomUUID } from 'node:crypto'
import { parse, type ExecutionArgs, type ExecutionResult, type GraphQLError } from 'graphql'
import { alsoObserved } from '@sluice/db'
import type { TraceParent } from '@sluice/protocol'
import { createYoga, isAsyncIterable, mapAsyncIterator, type Plugin } from 'graphql-yoga'
import { RequestFacts } from '../observe/request-facts.ts'
import type { Viewer } from '../policies/policy.ts'
import type { Context, Resources } from './context.ts'
import { tooMuch, type DocumentLimits } from './document-limits.ts'
import { FlowReader } from './flow-reader.ts'
import { createLoaders } from './loaders.ts'
import { presentError } from './present-error.ts'
import { schema } from './schema.ts'

// Far above any document of ours, far below what would keep the parser busy.
const TOKENS_MAX = 10_000

export interface Asking { viewer: Viewer; address: string | null; signal: AbortSignal; requestId?: string; parent?: TraceParent | undefined }

/** The context of one request: whoever asks, and readers that batch for it alone. */
export function contextFor(resources: Resources, { viewer, address, signal, requestId = randomUUID(), parent }: Asking): Context {
  const facts = new RequestFacts({ requestId, principal: viewer.principalId, parent, observing: resources.observing })
  const pool = alsoObserved(resources.deps.pool, facts)
  return {
    ...resources, deps: { ...resources.deps, pool }, viewer, address, signal, requestId, facts,
    flows: new FlowReader(resources.prisma, viewer),
    load: createLoaders({ prisma: resources.prisma, pool, viewer }),
  }
}

export type GraphqlServer = ReturnType<typeof createGraphqlServer>

/** Parses, validates, limits and executes; HTTP and sockets share it. */
export const createGraphqlServer = ({ limits }: { limits: DocumentLimits }) => createYoga<Context>({
  schema, graphqlEndpoint: '/graphql', graphiql: false, landingPage: false, logging: false, multipart: false, cors: false,
  // Errors are presented by our own plugin, over HTTP and over sockets alike.
  maskedErrors: false,
  plugins: [limitsPlugin(limits), presentPlugin],
})

const limitsPlugin = (limits: DocumentLimits): Plugin => ({
  onParse: ({ setParseFn }) => setParseFn((source: string) => parse(source, { maxTokens: TOKENS_MAX })),
  onExecute: ({ args, setResultAndStopExecution }) => {
    const refusal = refused(args, limits)
    if (refusal) setResultAndStopExecution({ errors: [refusal] })
  },
  onSubscribe: ({ args, setResultAndStopExecution }) => {
    const refusal = refused(args, limits)
    if (refusal) setResultAndStopExecution({ errors: [refusal] })
  },
})

const refused = (args: ExecutionArgs, limits: DocumentLimits): GraphQLError | null =>
  tooMuch(args.schema, args.document, { limits, variables: args.variableValues ?? {} })

const presentPlugin: Plugin<object, Context> = {
  onExecutionResult: ({ result, setResult, context }) => {
    if (!result) return
    const ctx = context as unknown as Context
    if (isAsyncIterable(result)) setResult(mapAsyncIterator(result as AsyncIterable<ExecutionResult>, (item) => presented(item, ctx)) as never)
    else setResult(presented(result as ExecutionResult, ctx) as never)
  },
}

/** The result with its errors as clients may see them. */
export const presented = (result: ExecutionResult, ctx: Pick<Context, 'requestId' | 'deps'>): ExecutionResult =>
  result.errors ? { ...result, errors: result.errors.map((error) => presentError(error, { requestId: ctx.requestId, log: ctx.deps.log })) } : result
