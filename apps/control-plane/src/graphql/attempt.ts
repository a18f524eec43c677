import { attemptId } from '@sluice/domain'
import type { FlowError, Json } from '@sluice/protocol'
import { z } from 'zod'
import type PrismaTypes from '@sluice/db/pothos-types'
import { builder } from './builder.ts'
import { connectionText, edgeText, forwardArgs, forwardPage, pageSize } from './connection.ts'
import type { Context } from './context.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { AttemptTypeEnum } from './enums.ts'
import { FlowErrorRef } from './flow-error.ts'
import type { FlowHandle } from './flow-reader.ts'
import { FlowRef } from './flow-ref.ts'
import { WorkerRef } from './worker.ts'

const CURSOR = { list: 'attempt', key: z.tuple([z.int32().min(0)]) }

/** Without what it counts of waits and of output. */
type AttemptRow = Omit<PrismaTypes['Attempt']['Shape'], 'waitedMs' | 'lastFrame' | 'firstFrame' | 'frameBytes'>
export const AttemptRef = builder.objectRef<AttemptRow>('Attempt')

builder.node(AttemptRef, {
  description: 'One concrete run of a flow by a worker, with its lease.',
  id: { resolve: (attempt) => attemptId(attempt.flowId, attempt.index), description: 'att_…' },
  loadMany: (ids, ctx) => Promise.all(ids.map((id) => visibleAttempt(id, ctx))),
  fields: (t) => ({
    flow: t.field({ type: FlowRef, description: 'Whose attempt it is.', resolve: (attempt, _args, ctx) => ctx.flows.granted(attempt.flowId) }),
    index: t.exposeInt('index', { description: 'From 0, without gaps.' }),
    type: t.expose('type', { type: AttemptTypeEnum, description: 'Why it began.' }),
    worker: t.field({ type: WorkerRef, nullable: true, description: 'Who has it.', resolve: (attempt, _args, ctx) => ctx.load.worker.load(attempt.workerId) }),
    codeVersion: t.exposeString('codeVersion', { nullable: true, description: "What the worker said about its code." }),
    epoch: t.exposeInt('epoch', { description: 'The fencing number of its lease: greater than that of every lease before.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it was leased.' }),
    reportedAt: t.expose('reportedAt', { type: 'DateTime', nullable: true, description: 'When the worker reported that the work began.' }),
    endedAt: t.expose('endedAt', { type: 'DateTime', nullable: true, description: 'When it ended.' }),
    endReason: t.exposeString('endReason', { nullable: true, description: 'Why it ended.' }),
    error: t.field({
      type: FlowErrorRef, nullable: true, description: 'What its worker reported as a failure.',
      resolve: (attempt) => attempt.error as (FlowError & Json) | null,
    }),
    unusedMemos: t.exposeStringList('unusedMemos', { description: 'Keys that were remembered and that it did not ask for: the code of its handler has changed since.' }),
    leaseExpiresAt: t.field({
      type: 'DateTime', nullable: true, description: 'From when its lease may be taken away, unless it is renewed; only while it is the current one.',
      resolve: (attempt) => (attempt.endedAt === null ? attempt.expiresAt : null),
    }),
  }),
})

const FlowAttemptsConnection = builder.connectionObject(
  { type: AttemptRef, name: 'FlowAttemptsConnection', ...connectionText('attempts') },
  { name: 'FlowAttemptsConnectionEdge', ...edgeText('the attempts') },
)

builder.objectFields(FlowRef, (t) => ({
  attempts: t.field({
    type: FlowAttemptsConnection, description: 'Its attempts, first to last.', args: forwardArgs(),
    resolve: async (flow, { first, after }, ctx) => {
      const size = pageSize(first, ctx)
      const [beyond] = after ? decodeCursor(CURSOR, after) : [-1]
      const rows = await ctx.prisma.attempt.findMany({ where: { flowId: flow.id, index: { gt: beyond } }, orderBy: { index: 'asc' }, take: size + 1 })
      return forwardPage(rows.map((node) => ({ node, cursor: encodeCursor('attempt', [node.index]) })), size, after)
    },
  }),
  currentAttempt: t.field({ type: AttemptRef, nullable: true, description: 'The one with the lease; null when none has it.', resolve: currentAttempt }),
}))

async function currentAttempt(flow: FlowHandle, _args: object, ctx: Context): Promise<AttemptRow | null> {
  const index = await ctx.flows.column(flow, 'currentAttempt')
  const attempt = index === null ? null : await ctx.load.currentAttempt.load({ flowId: flow.id, index })
  return attempt?.endedAt === null ? attempt : null
}

/** An attempt is read with its flow: whoever may not read the flow finds no attempt. */
async function visibleAttempt(id: string, ctx: Context): Promise<AttemptRow | null> {
  const found = /^att_([0-9a-z]+)\.(\d{1,9})$/.exec(id)
  const flow = found && (await ctx.flows.visible(`flow_${found[1]}`))
  return flow && ctx.load.currentAttempt.load({ flowId: flow.id, index: Number(found[2]) })
}
