import type { FlowError, Json } from '@sluice/protocol'
import { isTerminal } from '@sluice/protocol'
import { builder } from './builder.ts'
import type { Context } from './context.ts'
import { FlowPhaseEnum, FlowStatusEnum, OnLeaseLostEnum, WaitKindEnum } from './enums.ts'
import { FlowErrorRef } from './flow-error.ts'
import type { FlowColumn, FlowHandle, FlowRow } from './flow-reader.ts'
import { FlowRef } from './flow-ref.ts'
import { LaneRef } from './lane.ts'
import { PrincipalRef } from './principal.ts'

const column = <Column extends FlowColumn>(name: Column) =>
  (flow: FlowHandle, _args: object, ctx: Context): Promise<FlowRow[Column]> => ctx.flows.column(flow, name)

const Progress = builder.simpleObject('Progress', {
  description: 'How far the current attempt says it is.',
  fields: (t) => ({
    percent: t.int({ nullable: true, description: '0 to 100.' }),
    message: t.string({ nullable: true, description: 'What it is doing.' }),
    at: t.field({ type: 'DateTime', description: 'When it said so.' }),
  }),
})

builder.node(FlowRef, {
  description: 'One unit of work, from its submission to its end.',
  id: { resolve: (flow) => flow.id, description: 'flow_…' },
  loadMany: (ids, ctx) => Promise.all(ids.map((id) => ctx.flows.visible(id))),
  fields: (t) => ({
    kind: t.string({ description: 'What is to be done; workers register the kinds they handle.', resolve: column('kind') }),
    title: t.string({ description: 'A line for people.', resolve: column('title') }),
    lane: t.field({ type: LaneRef, description: 'The named queue it belongs to.', resolve: laneOf }),
    labels: t.field({ type: 'JSON', description: 'A flat map of strings.', resolve: column('labels') }),
    input: t.field({ type: 'JSON', description: 'What it works on; never changes.', resolve: column('input') }),
    priority: t.int({ description: '0 to 9000, already clamped; higher is taken first.', resolve: column('priority') }),
    status: t.field({ type: FlowStatusEnum, description: 'Where it stands.', resolve: column('status') }),
    phase: t.field({ type: FlowPhaseEnum, nullable: true, description: 'How far it is; only while RUNNING.', resolve: column('phase') }),
    waitKind: t.field({ type: WaitKindEnum, nullable: true, description: 'Whom it asks; only while WAITING.', resolve: column('waitKind') }),
    isTerminal: t.boolean({
      description: 'Whether it has ended, for good.',
      resolve: async (flow, _args, ctx) => isTerminal(await ctx.flows.column(flow, 'status')),
    }),
    terminalReason: t.string({ nullable: true, description: 'Why it ended; exactly when it has ended.', resolve: column('terminalReason') }),
    progress: t.field({ type: Progress, nullable: true, description: 'What its worker last said; cleared by a new attempt.', resolve: progressOf }),
    result: t.field({ type: 'JSON', nullable: true, description: 'What it ended with; only when FINISHED.', resolve: column('result') }),
    error: t.field({ type: FlowErrorRef, nullable: true, description: 'What its worker last reported as a failure.', resolve: errorOf }),
    slotHeld: t.boolean({ description: 'Whether it holds a slot.', resolve: column('slotHeld') }),
    overCap: t.boolean({ description: 'Whether a forced promotion started it above a cap.', resolve: column('overCap') }),
    retryOf: t.field({ type: FlowRef, nullable: true, description: 'The flow that this one repeats, as far as you may read it.', resolve: retryOf }),
    createdAt: t.field({ type: 'DateTime', description: 'When it was submitted.', resolve: column('createdAt') }),
    queuedAt: t.field({ type: 'DateTime', description: 'When it last took its place in the queue.', resolve: column('queuedAt') }),
    startedAt: t.field({ type: 'DateTime', nullable: true, description: 'When its work first began.', resolve: column('startedAt') }),
    waitingSince: t.field({ type: 'DateTime', nullable: true, description: 'When its wait began; only while WAITING.', resolve: column('waitingSince') }),
    finishedAt: t.field({ type: 'DateTime', nullable: true, description: 'When it ended.', resolve: column('finishedAt') }),
    cancelRequestedAt: t.field({ type: 'DateTime', nullable: true, description: 'When somebody asked for its end.', resolve: column('cancelRequestedAt') }),
    notBefore: t.field({ type: 'DateTime', nullable: true, description: 'It is not started earlier.', resolve: column('notBefore') }),
    deadlineAt: t.field({ type: 'DateTime', nullable: true, description: 'It fails when it has not ended by then.', resolve: column('deadlineAt') }),
    maxAttempts: t.int({ description: 'How often it may be tried, the first time included.', resolve: column('maxAttempts') }),
    retriesUsed: t.int({ description: 'How many of its retries are used up.', resolve: column('retriesUsed') }),
    onLeaseLost: t.field({ type: OnLeaseLostEnum, description: 'What becomes of it when its worker falls silent.', resolve: column('onLeaseLost') }),
    traceParent: t.string({
      nullable: true, description: 'Its place in a distributed trace (W3C traceparent); null when it was submitted without one.', resolve: column('traceParent'),
    }),
    owner: t.field({ type: PrincipalRef, description: 'Who submitted it.', resolve: ownerOf }),
  }),
})

async function laneOf(flow: FlowHandle, _args: object, ctx: Context) {
  const name = await ctx.flows.column(flow, 'lane')
  return present(await ctx.load.laneByName.load(name), `lane ${name}`)
}

async function ownerOf(flow: FlowHandle, _args: object, ctx: Context) {
  const id = await ctx.flows.column(flow, 'principalId')
  return present(await ctx.load.principal.load(id), `principal ${id}`)
}

const progressOf = (flow: FlowHandle, _args: object, ctx: Context) => ctx.load.progress.load(flow.id)

async function errorOf(flow: FlowHandle, _args: object, ctx: Context): Promise<FlowError | null> {
  return (await ctx.flows.column(flow, 'error')) as (FlowError & Json) | null
}

async function retryOf(flow: FlowHandle, _args: object, ctx: Context): Promise<FlowHandle | null> {
  const id = await ctx.flows.column(flow, 'retryOfId')
  return id === null ? null : ctx.flows.visible(id)
}

function present<Found>(found: Found | null, what: string): Found {
  if (found === null) throw new Error(`A flow names the ${what}, which does not exist.`)
  return found
}
