import { FlowAlreadyTerminal, MemoMismatch, StaleLease } from '@sluice/domain'
import { memoKeysFrom, memosOf, recordMemos, type Memo, type MemoKeyRow } from '@sluice/engine'
import { LIMITS } from '@sluice/protocol'
import { z } from 'zod'
import { actorOf } from '../policies/caller.ts'
import { builder } from './builder.ts'
import { connectionText, edgeText, forwardArgs, forwardPage, pageSize } from './connection.ts'
import type { Context } from './context.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { MemoKindEnum } from './enums.ts'
import { answer, answerOne, resultUnion } from './errors.ts'
import { FlowRef } from './flow-ref.ts'
import { atMostItems } from './input-rules.ts'
import { LeaseRefInput } from './lease.ts'
import { eachSafe } from './safe-input.ts'

export const MemoRef = builder.objectRef<Memo>('Memo').implement({
  description: 'What a flow remembers under a key. It is written once, and given to whoever runs the flow again.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'The key of the step or of the wait.' }),
    kind: t.expose('kind', { type: MemoKindEnum, description: 'Whether a step was completed or a wait answered.' }),
    value: t.field({ type: 'JSON', nullable: true, description: 'The result of the step; of an answer { decision, payload, by }.', resolve: ({ value }) => value }),
  }),
})

const CURSOR = { list: 'memo', key: z.tuple([z.string()]) }

const RememberedRef = builder.objectRef<MemoKeyRow>('Remembered').implement({
  description: 'Something that a flow remembers, and so does not do or ask again; its value is only given to whoever has its lease.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'The key of the step or of the wait.' }),
    kind: t.expose('kind', { type: MemoKindEnum, description: 'Whether a step was completed or a wait answered.' }),
    attempt: t.exposeInt('attempt', { description: 'The index of the attempt that completed or asked it.' }),
    at: t.expose('createdAt', { type: 'DateTime', description: 'When it was first remembered.' }),
  }),
})

const FlowRememberedConnection = builder.connectionObject(
  { type: RememberedRef, name: 'FlowRememberedConnection', ...connectionText('what is remembered') },
  { name: 'FlowRememberedConnectionEdge', ...edgeText('what is remembered') },
)

builder.objectField(FlowRef, 'remembered', (t) => t.field({
  type: FlowRememberedConnection, description: 'What it does not do or ask again when it is tried again: steps and answers, the first remembered first.', args: forwardArgs(),
  resolve: async (flow, { first, after }, ctx) => {
    const size = pageSize(first, ctx)
    const [beyond = null] = after ? decodeCursor(CURSOR, after) : []
    const rows = await memoKeysFrom(ctx.deps.pool, { flowId: flow.id, after: beyond, limit: size + 1 })
    return forwardPage(rows.map((node) => ({ node, cursor: encodeCursor('memo', [node.key]) })), size, after)
  },
}))

builder.queryField('memos', (t) => t.field({
  type: [MemoRef], description: 'What a flow remembers under these keys, for whoever holds its lease of that epoch; nobody else gets any.',
  args: {
    flowId: t.arg.id({ required: true, description: 'flow_…' }),
    epoch: t.arg.int({ required: true, description: 'The fencing number of the lease.' }),
    keys: t.arg.stringList({ required: true, description: `At most ${LIMITS.memosMax}.`, validate: z.array(z.string()).max(LIMITS.memosMax, `At most ${LIMITS.memosMax} keys at once.`) }),
  },
  resolve: (_root, q, ctx) => memosOf(ctx.deps, { ...q, actor: actorOf(ctx.viewer, ctx.address) }),
}))

const RecordMemoPayload = builder.simpleObject('RecordMemoPayload', {
  description: 'What is remembered under the key: what was written first.', fields: (t) => ({ memo: t.field({ type: MemoRef, description: 'The memo.' }) }),
})
const RecordMemoResult = resultUnion('RecordMemoResult', RecordMemoPayload, [StaleLease, FlowAlreadyTerminal, MemoMismatch])
const RecordMemoInput = builder.inputType('RecordMemoInput', {
  description: 'The result of a step.',
  fields: (t) => ({
    lease: t.field({ type: LeaseRefInput, required: true, description: 'The right to report.' }),
    key: t.string({ required: true, description: `What the handler calls the step, at most ${LIMITS.waitKeyMax} characters.` }),
    value: t.field({ type: 'JSON', description: 'Its result, 256 KiB at most; absent = null.' }),
  }),
})

const record = (items: (typeof RecordMemoInput.$inferInput)[], ctx: Context) => recordMemos(ctx.deps, { actor: actorOf(ctx.viewer, ctx.address), items })

builder.mutationField('recordMemo', (t) => t.field({
  type: RecordMemoResult, description: 'Remembers the result of a step. The first write of a key wins, and is what every later one is answered with.',
  args: { input: t.arg({ type: RecordMemoInput, required: true, description: 'The result.' }) },
  resolve: async (_root, { input }, ctx) => answerOne(await record([input], ctx), (memo) => ({ memo })),
}))

const RecordMemosPayload = builder.simpleObject('RecordMemosPayload', {
  description: 'One result per item.', fields: (t) => ({ results: t.field({ type: [RecordMemoResult], description: 'In the order of the items.' }) }),
})
const RecordMemosResult = resultUnion('RecordMemosResult', RecordMemosPayload)
const RecordMemosInput = builder.inputType('RecordMemosInput', {
  description: 'The results of many steps.',
  fields: (t) => ({
    items: t.field({ type: [RecordMemoInput], required: true, description: `At most ${LIMITS.itemsMax}.`, validate: z.array(z.unknown()).min(1, 'Give at least one item.') }),
  }),
})

builder.mutationField('recordMemos', (t) => t.field({
  type: RecordMemosResult, description: 'recordMemo for many, of one flow or of several; one result per item.',
  args: { input: t.arg({ type: RecordMemosInput, required: true, description: 'The results.' }) },
  resolve: async (_root, { input }, ctx) =>
    ({ results: (await eachSafe(atMostItems(input.items), (safe) => record(safe, ctx))).map((outcome) => answer(outcome, (memo) => ({ memo }))) }),
}))
