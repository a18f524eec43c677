/** What the printed schema does not have yet of memory, waits and output. Nothing is added where it has it. */
import { buildSchema, extendSchema, parse, type GraphQLSchema } from 'graphql'

const CONTRACT = `
  enum MemoKind { STEP ANSWER }
  type Memo { key: String! kind: MemoKind! value: JSON }
  enum FlowInputState { PENDING DELIVERED REMOVED }
  type FlowInput { id: ID! author: String! content: JSON! state: FlowInputState! createdAt: DateTime! }
  type WaitpointAnswer { decision: String! payload: JSON by: String! at: DateTime! }
  enum WaitpointState { PENDING OPEN SATISFIED CLOSED EXPIRED }
  enum WaitMode { HELD RELEASED }
  enum WaitTimeout { FAIL CANCEL AUTO_RESUME }
  enum FrameKind { TEXT LOG JSON PROGRESS WARNING ERROR }
  type Waitpoint { id: ID! key: String! state: WaitpointState! answer: WaitpointAnswer }
  type AnsweredWait { lease: Lease! waitpoint: Waitpoint! }
  input FrameInput { sequence: Int! kind: FrameKind! payload: JSON! }
  input RecordMemoInput { lease: LeaseRef! key: String! value: JSON }
  input CreateWaitpointInput {
    lease: LeaseRef! key: String! kind: WaitKind! prompt: String fields: JSON allowedDecisions: [String!] answerableBy: [String!]
    timeoutSeconds: Int onTimeout: WaitTimeout timeoutDecision: String timeoutPayload: JSON
  }
  input SuspendFlowInput { lease: LeaseRef! waitpoint: ID! mode: WaitMode! }
  input AppendFramesInput { lease: LeaseRef! frames: [FrameInput!]! }
  type RecordMemoPayload { memo: Memo! }
  type CreateWaitpointPayload { waitpoint: Waitpoint! token: String url: String }
  type SuspendFlowPayload { flow: Flow! waitpoint: Waitpoint! }
  type AppendFramesPayload { lastSequence: Int! }
  union RecordMemoResult = RecordMemoPayload | InvalidInput | StaleLease
  union CreateWaitpointResult = CreateWaitpointPayload | InvalidInput | StaleLease
  union SuspendFlowResult = SuspendFlowPayload | InvalidInput | StaleLease
  union AppendFramesResult = AppendFramesPayload | InvalidInput | StaleLease
  extend type Claim { memos: [Memo!]! memosComplete: Boolean! inputs: [FlowInput!]! }
  extend type HeartbeatPayload { answered: [AnsweredWait!]! }
  extend type Query { memos(flowId: ID!, epoch: Int!, keys: [String!]!): [Memo!]! }
  extend input HeartbeatInput { acknowledged: [ID!] }
  extend input FinishFlowInput { unusedMemos: [String!] }
  extend input FailFlowInput { unusedMemos: [String!] }
  extend type Mutation {
    recordMemo(input: RecordMemoInput!): RecordMemoResult!
    createWaitpoint(input: CreateWaitpointInput!): CreateWaitpointResult!
    suspendFlow(input: SuspendFlowInput!): SuspendFlowResult!
    appendFrames(input: AppendFramesInput!): AppendFramesResult!
  }
`
const HOLD = 'extend type RegisterWorkerPayload { holdMs: Int }'

export function schemaWithWaits(printed: string): GraphQLSchema {
  const schema = buildSchema(printed)
  const extensions = [
    ...(schema.getType('RecordMemoInput') ? [] : [CONTRACT]),
    ...(printed.includes('holdMs') ? [] : [HOLD]),
  ]
  return extensions.reduce((whole, extension) => extendSchema(whole, parse(extension)), schema)
}
