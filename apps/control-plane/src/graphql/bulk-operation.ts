import type PrismaTypes from '@sluice/db/pothos-types'
import { abortBulkOperation } from '@sluice/engine'
import type { ErrorCode } from '@sluice/protocol'
import { z } from 'zod'
import { actorOf } from '../policies/caller.ts'
import { mayRun } from '../policies/policy.ts'
import { builder } from './builder.ts'
import { connectionText, edgeText, forwardArgs, forwardPage, pageSize } from './connection.ts'
import type { Context } from './context.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { BulkStateEnum, ErrorCodeEnum } from './enums.ts'
import { answer, resultUnion } from './errors.ts'
import { PrincipalRef } from './principal.ts'
import { BulkOperationRef, type BulkOperationRow } from './webhook-refs.ts'
import { bulkOperation } from './webhook-rows.ts'

const BulkRefusalRef = builder.objectRef<PrismaTypes['BulkRefusal']['Shape']>('BulkRefusal').implement({
  description: 'One thing that an operation could not act on, and why.',
  fields: (t) => ({
    target: t.exposeID('target', { description: 'Which thing.' }),
    code: t.field({ type: ErrorCodeEnum, description: 'A word for programs.', resolve: ({ code }) => code as ErrorCode }),
    message: t.exposeString('message', { description: 'A sentence for people.' }),
  }),
})

const BulkOperationRefusalsConnection = builder.connectionObject(
  { type: BulkRefusalRef, name: 'BulkOperationRefusalsConnection', ...connectionText('refusals') },
  { name: 'BulkOperationRefusalsConnectionEdge', ...edgeText('the refusals') },
)

builder.node(BulkOperationRef, {
  description: 'One act on many things, done by the server in batches. Its set is fixed when it starts.',
  id: { resolve: (operation) => operation.id, description: 'blk_…' },
  loadMany: (ids, ctx) => visibleOperations(ids, ctx),
  fields: (t) => ({
    action: t.exposeString('action', { description: 'What is done to each: REPLAY.' }),
    state: t.expose('state', { type: BulkStateEnum, description: 'How far it is.' }),
    filter: t.field({ type: 'JSON', nullable: true, description: 'Which things, as it was asked; null when they were named.', resolve: ({ filter }) => filter }),
    matched: t.exposeInt('matched', { description: 'How many things there were when it started.' }),
    done: t.exposeInt('done', { description: 'How many were acted on.' }),
    refused: t.exposeInt('refused', { description: 'How many could not be acted on; refusals says why.' }),
    requestedBy: t.field({ type: PrincipalRef, description: 'Who started it; its rights count for each thing.', resolve: requester }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why, in the words of who started it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it started; what was made later is not in it.' }),
    endedAt: t.expose('endedAt', { type: 'DateTime', nullable: true, description: 'When it ended; null while it runs.' }),
    refusals: t.field({
      type: BulkOperationRefusalsConnection, description: 'What it could not act on, by id.', args: forwardArgs(),
      resolve: async ({ id }, { first, after }, ctx) => {
        const size = pageSize(first, ctx)
        const beyond = after ? decodeCursor(REFUSAL_CURSOR, after)[0] : ''
        const rows = await ctx.prisma.bulkRefusal.findMany({ where: { operationId: id, target: { gt: beyond } }, orderBy: { target: 'asc' }, take: size + 1 })
        return forwardPage(rows.map((node) => ({ node, cursor: encodeCursor('refusal', [node.target]) })), size, after)
      },
    }),
  }),
})

const REFUSAL_CURSOR = { list: 'refusal', key: z.tuple([z.string()]) }
const CURSOR = { list: 'bulk', key: z.tuple([z.string()]) }

async function visibleOperations(ids: string[], ctx: Context): Promise<(BulkOperationRow | null)[]> {
  const rows = mayRun(ctx.viewer, 'bulkOperations') ? await ctx.prisma.bulkOperation.findMany({ where: { id: { in: ids } } }) : []
  return ids.map((id) => rows.find((row) => row.id === id) ?? null)
}

async function requester({ id, requestedBy }: BulkOperationRow, _args: object, ctx: Context) {
  const principal = await ctx.load.principal.load(requestedBy)
  if (principal === null) throw new Error(`The operation ${id} names the principal ${requestedBy}, who does not exist.`)
  return principal
}

const QueryBulkOperationsConnection = builder.connectionObject(
  { type: BulkOperationRef, name: 'QueryBulkOperationsConnection', ...connectionText('operations') },
  { name: 'QueryBulkOperationsConnectionEdge', ...edgeText('the operations') },
)

builder.queryField('bulkOperations', (t) => t.field({
  type: QueryBulkOperationsConnection, description: 'Acts on many things at once, newest first.', args: forwardArgs(),
  resolve: async (_root, { first, after }, ctx) => {
    const size = pageSize(first, ctx)
    const rows = await ctx.prisma.bulkOperation.findMany({
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], take: size + 1, ...(after ? { cursor: { id: decodeCursor(CURSOR, after)[0] }, skip: 1 } : {}),
    })
    return forwardPage(rows.map((node) => ({ node, cursor: encodeCursor('bulk', [node.id]) })), size, after)
  },
}))

const AbortBulkOperationPayload = builder.simpleObject('AbortBulkOperationPayload', {
  description: 'The operation as the abort left it.', fields: (t) => ({ operation: t.field({ type: BulkOperationRef, description: 'The operation.' }) }),
})
const AbortBulkOperationResult = resultUnion('AbortBulkOperationResult', AbortBulkOperationPayload)
const BulkIdInput = builder.inputType('BulkIdInput', {
  description: 'One operation.', fields: (t) => ({ id: t.id({ required: true, description: 'blk_…' }) }),
})

builder.mutationField('abortBulkOperation', (t) => t.field({
  type: AbortBulkOperationResult, description: 'Ends an operation early. What it has done stays; one that has ended stays as it is.',
  args: { input: t.arg({ type: BulkIdInput, required: true, description: 'Which operation.' }) },
  resolve: async (_root, { input: { id } }, ctx) => answer(
    await abortBulkOperation(ctx.deps, { id, actor: actorOf(ctx.viewer, ctx.address) }), async ({ operationId }) => ({ operation: await bulkOperation(operationId, ctx) }),
  ),
}))
