import { readFileSync } from 'node:fs'
import {
  ATTEMPT_TYPES, BULK_STATES, CAP_SCOPES, DELIVERY_STATES, DELIVERY_TRIGGERS, ENDPOINT_ORIGINS, ENDPOINT_STATES, ERROR_CODES, FLOW_INPUT_STATES, FLOW_PHASES, FLOW_STATUSES, FRAME_KINDS, LANE_STATES,
  MEMO_KINDS, ON_LEASE_LOST, QUEUE_CLASSES, QUEUE_REASONS, ROLES, WAIT_KINDS, WAIT_MODES, WAIT_TIMEOUTS, WAITPOINT_STATES, WORKER_STATES,
} from '@sluice/protocol'
import { isEnumType, isInputObjectType, isInterfaceType, isObjectType, lexicographicSortSchema, printSchema, type GraphQLField, type GraphQLNamedType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { schema } from '../src/graphql/schema.ts'
import { OPERATIONS } from '../src/policies/policy.ts'

const own = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__') && !['String', 'Int', 'Float', 'Boolean', 'ID'].includes(name))

describe('the schema', () => {
  test('is printed as committed', () => {
    expect(`${printSchema(lexicographicSortSchema(schema))}\n`).toBe(readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8'))
  })

  test('describes every type, field and argument', () => {
    expect(own.flatMap(undescribed)).toEqual([])
  })

  test('has a row in the policy table for every root field, and no row for anything else', () => {
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) => Object.keys(type?.getFields() ?? {}))
    expect(OPERATIONS.filter((operation) => !operation.includes('.')).toSorted()).toEqual(roots.toSorted())
  })

  test.each([
    ['FlowStatus', FLOW_STATUSES], ['FlowPhase', FLOW_PHASES], ['QueueReason', QUEUE_REASONS], ['QueueClass', QUEUE_CLASSES], ['WaitKind', WAIT_KINDS],
    ['OnLeaseLost', ON_LEASE_LOST], ['AttemptType', ATTEMPT_TYPES], ['LaneState', LANE_STATES], ['WorkerState', WORKER_STATES], ['CapScope', CAP_SCOPES],
    ['Role', ROLES], ['ErrorCode', ERROR_CODES], ['EndpointState', ENDPOINT_STATES], ['EndpointOrigin', ENDPOINT_ORIGINS], ['DeliveryState', DELIVERY_STATES],
    ['DeliveryTrigger', DELIVERY_TRIGGERS], ['BulkState', BULK_STATES], ['FrameKind', FRAME_KINDS], ['FlowInputState', FLOW_INPUT_STATES], ['WaitMode', WAIT_MODES], ['WaitpointState', WAITPOINT_STATES], ['WaitTimeout', WAIT_TIMEOUTS], ['MemoKind', MEMO_KINDS],
  ] as const)('%s has the words of the protocol', (name, words) => {
    const type = schema.getType(name)
    expect(isEnumType(type) && type.getValues().map((value) => value.name).toSorted()).toEqual([...words].toSorted())
  })

  test('names connections after their place', () => {
    expect(own.map(({ name }) => name).filter((name) => name.endsWith('Connection')).toSorted())
      .toEqual([
        'BulkOperationRefusalsConnection', 'FlowAttemptsConnection', 'FlowDeliveriesConnection', 'FlowEventsConnection', 'FlowFramesConnection', 'FlowRememberedConnection', 'QueryAuditConnection',
        'QueryBulkOperationsConnection', 'QueryFlowQueueConnection', 'QueryFlowsConnection', 'QueryWaitpointsConnection', 'QueryWebhookDeliveriesConnection',
        'QueryWebhookEndpointsConnection', 'WebhookEndpointDeliveriesConnection',
      ])
  })

  test('every result union has the four refusals that any command may give', () => {
    const results = own.filter(({ name }) => name.endsWith('Result')).map(({ name }) => schema.getType(name))
    for (const union of results) expect(printed(union), union?.name).toMatch(/(?=.*NotFound)(?=.*Forbidden)(?=.*InvalidInput)(?=.*LimitExceeded)/)
  })
})

const printed = (union: GraphQLNamedType | undefined): string => (union && 'getTypes' in union ? union.getTypes().map(({ name }) => name).join(' ') : '')

function undescribed(type: GraphQLNamedType): string[] {
  const missing = type.description ? [] : [type.name]
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return missing
  for (const field of Object.values(type.getFields())) {
    if (!field.description) missing.push(`${type.name}.${field.name}`)
    if ('args' in field) missing.push(...undescribedArgs(`${type.name}.${field.name}`, field))
  }
  return missing
}

const undescribedArgs = (name: string, { args }: GraphQLField<unknown, unknown>): string[] =>
  args.filter(({ description }) => !description).map((arg) => `${name}(${arg.name})`)
