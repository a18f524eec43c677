import { NotFound } from '@sluice/domain'
import { isTerminal } from '@sluice/protocol'
import { mayAnswer } from '../policies/answerers.ts'
import { builder } from './builder.ts'
import { partArgs, partOf, type Part } from './connection.ts'
import type { Context } from './context.ts'
import { WaitKindEnum, WaitModeEnum, WaitpointStateEnum, WaitTimeoutEnum } from './enums.ts'
import { FlowRef } from './flow-ref.ts'
import { PrincipalRef } from './principal.ts'
import { WaitpointRef, type WaitpointRow } from './waitpoint-ref.ts'

interface Answer { decision: string; payload: unknown; by: string; at: Date }

const WaitpointAnswerRef = builder.objectRef<Answer>('WaitpointAnswer').implement({
  description: 'What was answered. It never changes.',
  fields: (t) => ({
    decision: t.exposeString('decision', { description: 'One of allowedDecisions.' }),
    payload: t.field({ type: 'JSON', nullable: true, description: 'What came with it; it fits fields.', resolve: ({ payload }) => payload }),
    by: t.exposeString('by', { description: 'Who: prn_…, `token` = whoever had its token, `timeout` = nobody in time, and so the answer that stands for that.' }),
    principal: t.field({
      type: PrincipalRef, nullable: true, description: 'Who, where it was somebody who had signed in.',
      resolve: ({ by }, _args, ctx) => (by.startsWith('prn_') ? ctx.load.principal.load(by) : null),
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
  }),
})

builder.node(WaitpointRef, {
  description: 'What a flow asks, and what was answered; one for each key of a flow, so that a handler that runs again finds its answer.',
  id: { resolve: (waitpoint) => waitpoint.id, description: 'wpt_…' },
  loadMany: (ids, ctx) => Promise.all(ids.map((id) => ctx.load.visibleWaitpoint.load(id))),
  fields: (t) => ({
    flow: t.field({
      type: FlowRef, description: 'Which flow asks.',
      resolve: ({ flowId, hidesFlow }, _args, ctx) => {
        if (hidesFlow) throw NotFound.of('flow', flowId)
        return ctx.flows.granted(flowId)
      },
    }),
    key: t.exposeString('key', { description: 'What its handler calls it.' }),
    kind: t.expose('kind', { type: WaitKindEnum, description: 'Whom it asks.' }),
    mode: t.expose('mode', { type: WaitModeEnum, nullable: true, description: 'Whether the worker stays or stayed; null when its flow never waited for it.' }),
    state: t.expose('state', { type: WaitpointStateEnum, description: 'Where it stands.' }),
    prompt: t.exposeString('prompt', { nullable: true, description: 'What is asked, for people.' }),
    fields: t.field({ type: 'JSON', nullable: true, description: "JSON Schema 2020-12 of the answer's payload; null = any payload, or none.", resolve: ({ fields }) => fields }),
    allowedDecisions: t.exposeStringList('allowedDecisions', { description: 'What may be decided.' }),
    answerableBy: t.exposeStringList('answerableBy', {
      description: 'Who may answer: role:NAME, with the roles that include it, and principals; empty = the owner of the flow, and operators.',
    }),
    viewerMayAnswer: t.boolean({ description: 'Whether you may answer it, now.', resolve: viewerMayAnswer }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    openedAt: t.expose('openedAt', { type: 'DateTime', nullable: true, description: 'When its flow began to wait for it; null when it never did.' }),
    timeoutAt: t.expose('timeoutAt', { type: 'DateTime', nullable: true, description: 'When onTimeout happens; null when nothing happens by itself, and before its flow waits for it.' }),
    onTimeout: t.expose('onTimeout', { type: WaitTimeoutEnum, description: 'What becomes of the flow when nobody answers in time.' }),
    closedAt: t.expose('closedAt', { type: 'DateTime', nullable: true, description: 'When it was answered, closed or over; null while it is not.' }),
    answer: t.field({ type: WaitpointAnswerRef, nullable: true, description: 'What was answered; null while nothing is.', resolve: answerOf }),
  }),
})

function answerOf({ decision, payload, answeredBy: by, answeredAt: at }: WaitpointRow): Answer | null {
  return decision === null || by === null || at === null ? null : { decision, payload, by, at }
}

async function viewerMayAnswer({ state, decision, flowId, answerableBy }: WaitpointRow, _args: object, ctx: Context): Promise<boolean> {
  if (decision !== null || (state !== 'PENDING' && state !== 'OPEN')) return false
  const flow = ctx.flows.granted(flowId)
  const [principalId, status] = await Promise.all([ctx.flows.column(flow, 'principalId'), ctx.flows.column(flow, 'status')])
  return !isTerminal(status) && mayAnswer(ctx.viewer, { principalId }, answerableBy)
}

builder.objectFields(FlowRef, (t) => ({
  waitpoints: t.field({
    type: [WaitpointRef], description: 'What it asked and asks, the first made first.', args: partArgs(),
    resolve: (flow, args, ctx) => {
      const part = partOf(args, ctx)
      return part ? waitpointsFrom(ctx, flow.id, part) : ctx.load.waitpointsOf.load(flow.id)
    },
  }),
  openWaitpoint: t.field({
    type: WaitpointRef, nullable: true, description: 'What it waits for; exactly while it is WAITING.', resolve: (flow, _args, ctx) => ctx.load.openWaitpoint.load(flow.id),
  }),
}))

/** A cursor of what is not there, or no longer, is the end. */
const waitpointsFrom = ({ prisma }: Context, flowId: string, { after, limit }: Part): Promise<WaitpointRow[]> =>
  prisma.waitpoint.findMany({
    where: { flowId }, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], take: limit, ...(after === null ? {} : { cursor: { id: after }, skip: 1 }),
  })
