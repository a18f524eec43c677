/** What the worker says, as GraphQL documents. Each root field is aliased to `answer`; refusals come back as members of its union. */

const REFUSAL = '... on Error { code message }'

const mutation = (o: { field: string; input: string; payload: string }) =>
  `mutation ($input: ${o.input}!) { answer: ${o.field}(input: $input) { __typename ${o.payload} ${REFUSAL} } }`

const plural = (o: { field: string; input: string; payload: string }) =>
  mutation({ field: o.field, input: o.input, payload: `... on ${pascal(o.field)}Payload { results { __typename ${o.payload} ${REFUSAL} } }` })

const pascal = (field: string) => field.charAt(0).toUpperCase() + field.slice(1)

export const REGISTER_WORKER = mutation({
  field: 'registerWorker', input: 'RegisterWorkerInput',
  payload: '... on RegisterWorkerPayload { worker { id } leaseTtlMs heartbeatMs }',
})

const claim = (more: string) => mutation({
  field: 'claimFlows', input: 'ClaimFlowsInput',
  payload: `... on ClaimFlowsPayload { claims {
    flow { id kind title input labels createdAt deadlineAt maxAttempts retriesUsed onLeaseLost ${more} }
    lease { flowId attempt epoch }
  } }`,
})

export const CLAIM_FLOWS = claim('traceParent')
/** For a control plane that knows no traces yet. */
export const CLAIM_FLOWS_UNTRACED = claim('')

export const HEARTBEAT = mutation({
  field: 'heartbeat', input: 'HeartbeatInput',
  payload: '... on HeartbeatPayload { lost { flowId attempt epoch } cancelling { flowId attempt epoch } }',
})

/** The status is asked for, because a start that acknowledged a cancel must not call the handler. */
export const START_FLOWS = plural({ field: 'startFlows', input: 'StartFlowsInput', payload: '... on StartFlowPayload { flow { status } }' })

/** Nothing of the flow is read back here: these are the busiest writes, and nobody would look at it. */
export const FINISH_FLOWS = plural({ field: 'finishFlows', input: 'FinishFlowsInput', payload: '' })
export const FAIL_FLOWS = plural({ field: 'failFlows', input: 'FailFlowsInput', payload: '' })
export const RETURN_FLOW = mutation({ field: 'returnFlow', input: 'ReturnFlowInput', payload: '' })
export const REPORT_PROGRESS = mutation({ field: 'reportProgress', input: 'ReportProgressInput', payload: '' })
