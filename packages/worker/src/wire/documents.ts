/** What the worker says, as GraphQL documents. Each root field is aliased to `answer`; refusals come back as members of its union. */

const REFUSAL = '... on Error { code message }'

const mutation = (o: { field: string; input: string; payload: string }) =>
  `mutation ($input: ${o.input}!) { answer: ${o.field}(input: $input) { __typename ${o.payload} ${REFUSAL} } }`

const plural = (o: { field: string; input: string; payload: string }) =>
  mutation({ field: o.field, input: o.input, payload: `... on ${pascal(o.field)}Payload { results { __typename ${o.payload} ${REFUSAL} } }` })

const pascal = (field: string) => field.charAt(0).toUpperCase() + field.slice(1)

/**
 * A document by the fields that the control plane does not know, because it is of a version before: what is left of it asks for the rest. Of what
 * is not optional nothing is left out.
 */
export type DocumentWithout = (unknown: readonly string[]) => string
const known = (fields: Record<string, string>, unknown: readonly string[]) =>
  Object.entries(fields).map(([field, more]) => (unknown.includes(field) ? '' : `${field} ${more}`)).join(' ')

const LEASE = '{ flowId attempt epoch }'
const ANSWER = 'answer { decision payload by }'

export const registerWorker: DocumentWithout = unknown => mutation({
  field: 'registerWorker', input: 'RegisterWorkerInput',
  payload: `... on RegisterWorkerPayload { worker { id } leaseTtlMs heartbeatMs ${known({ holdMs: '' }, unknown)} }`,
})

export const claimFlows: DocumentWithout = unknown => mutation({
  field: 'claimFlows', input: 'ClaimFlowsInput',
  payload: `... on ClaimFlowsPayload { claims {
    flow { id kind title input labels createdAt deadlineAt maxAttempts retriesUsed onLeaseLost ${known({ traceParent: '' }, unknown)} }
    lease ${LEASE} ${known({ memos: '{ key kind value }', memosComplete: '', inputs: '{ id author content createdAt }' }, unknown)}
  } }`,
})

export const heartbeat: DocumentWithout = unknown => mutation({
  field: 'heartbeat', input: 'HeartbeatInput',
  payload: `... on HeartbeatPayload { lost ${LEASE} cancelling ${LEASE} ${known({ answered: `{ lease ${LEASE} waitpoint { id ${ANSWER} } }` }, unknown)} }`,
})

/** The status is asked for, because a start that acknowledged a cancel must not call the handler. */
export const START_FLOWS = plural({ field: 'startFlows', input: 'StartFlowsInput', payload: '... on StartFlowPayload { flow { status } }' })

/** Nothing of the flow is read back here: these are the busiest writes, and nobody would look at it. */
export const FINISH_FLOWS = plural({ field: 'finishFlows', input: 'FinishFlowsInput', payload: '' })
export const FAIL_FLOWS = plural({ field: 'failFlows', input: 'FailFlowsInput', payload: '' })
export const RETURN_FLOW = mutation({ field: 'returnFlow', input: 'ReturnFlowInput', payload: '' })
export const REPORT_PROGRESS = mutation({ field: 'reportProgress', input: 'ReportProgressInput', payload: '' })

export const RECORD_MEMOS = plural({ field: 'recordMemos', input: 'RecordMemosInput', payload: '... on RecordMemoPayload { memo { key kind value } }' })
export const CREATE_WAITPOINT = mutation({
  field: 'createWaitpoint', input: 'CreateWaitpointInput', payload: `... on CreateWaitpointPayload { waitpoint { id ${ANSWER} } token url }`,
})
export const SUSPEND_FLOW = mutation({
  field: 'suspendFlow', input: 'SuspendFlowInput', payload: `... on SuspendFlowPayload { flow { status } waitpoint { id ${ANSWER} } }`,
})
export const APPEND_FRAMES = mutation({ field: 'appendFrames', input: 'AppendFramesInput', payload: '... on AppendFramesPayload { lastSequence }' })

/** What did not travel with the lease. */
export const MEMOS = 'query ($flowId: ID!, $epoch: Int!, $keys: [String!]!) { answer: memos(flowId: $flowId, epoch: $epoch, keys: $keys) { key kind value } }'
