/** What the worker says, as GraphQL documents. Each root field is aliased to `answer`; refusals come back as members of its union. */

const REFUSAL = '... on Error { code message }'

const mutation = (o: { field: string; input: string; payload: string }) =>
  `mutation ($input: ${o.input}!) { answer: ${o.field}(input: $input) { __typename ${o.payload} ${REFUSAL} } }`

const plural = (o: { field: string; input: string; payload: string }) =>
  mutation({ field: o.field, input: o.input, payload: `... on ${pascal(o.field)}Payload { results { __typename ${o.payload} ${REFUSAL} } }` })

const pascal = (field: string) => field.charAt(0).toUpperCase() + field.slice(1)

export const REGISTER_WORKER = mutation({
  field: 'registerWorker', input: 'RegisterWorkerInput',
  payload: '... on RegisterWorkerPayload { worker { id } leaseTtlMs heartbeatMs holdMs }',
})
/** For a control plane that leaves the hold time to the worker. */
export const REGISTER_WORKER_PLAIN = mutation({
  field: 'registerWorker', input: 'RegisterWorkerInput',
  payload: '... on RegisterWorkerPayload { worker { id } leaseTtlMs heartbeatMs }',
})

const claim = (o: { ofFlow: string; more: string }) => mutation({
  field: 'claimFlows', input: 'ClaimFlowsInput',
  payload: `... on ClaimFlowsPayload { claims {
    flow { id kind title input labels createdAt deadlineAt maxAttempts retriesUsed onLeaseLost ${o.ofFlow} }
    lease { flowId attempt epoch } ${o.more}
  } }`,
})

export const CLAIM_FLOWS = claim({
  ofFlow: 'traceParent', more: 'memos { key kind value } memosComplete inputs { id author content createdAt }',
})
/** For a control plane that knows no memory yet, and for one that knows no traces either. */
export const CLAIM_FLOWS_FORGETFUL = claim({ ofFlow: 'traceParent', more: '' })
export const CLAIM_FLOWS_UNTRACED = claim({ ofFlow: '', more: '' })

const heartbeat = (more: string) => mutation({
  field: 'heartbeat', input: 'HeartbeatInput',
  payload: `... on HeartbeatPayload { lost { flowId attempt epoch } cancelling { flowId attempt epoch } ${more} }`,
})
const ANSWER = 'answer { decision payload by }'

export const HEARTBEAT = heartbeat(`answered { lease { flowId attempt epoch } waitpoint { id ${ANSWER} } }`)
/** For a control plane that knows no waits yet. */
export const HEARTBEAT_PLAIN = heartbeat('')

/** The status is asked for, because a start that acknowledged a cancel must not call the handler. */
export const START_FLOWS = plural({ field: 'startFlows', input: 'StartFlowsInput', payload: '... on StartFlowPayload { flow { status } }' })

/** Nothing of the flow is read back here: these are the busiest writes, and nobody would look at it. */
export const FINISH_FLOWS = plural({ field: 'finishFlows', input: 'FinishFlowsInput', payload: '' })
export const FAIL_FLOWS = plural({ field: 'failFlows', input: 'FailFlowsInput', payload: '' })
export const RETURN_FLOW = mutation({ field: 'returnFlow', input: 'ReturnFlowInput', payload: '' })
export const REPORT_PROGRESS = mutation({ field: 'reportProgress', input: 'ReportProgressInput', payload: '' })

export const RECORD_MEMO = mutation({ field: 'recordMemo', input: 'RecordMemoInput', payload: '... on RecordMemoPayload { memo { key kind value } }' })
export const CREATE_WAITPOINT = mutation({
  field: 'createWaitpoint', input: 'CreateWaitpointInput', payload: `... on CreateWaitpointPayload { waitpoint { id ${ANSWER} } token url }`,
})
export const SUSPEND_FLOW = mutation({
  field: 'suspendFlow', input: 'SuspendFlowInput', payload: `... on SuspendFlowPayload { flow { status } waitpoint { id ${ANSWER} } }`,
})
export const APPEND_FRAMES = mutation({ field: 'appendFrames', input: 'AppendFramesInput', payload: '... on AppendFramesPayload { lastSequence }' })

/** What did not travel with the lease. */
export const MEMOS = 'query ($flowId: ID!, $epoch: Int!, $keys: [String!]!) { answer: memos(flowId: $flowId, epoch: $epoch, keys: $keys) { key kind value } }'
