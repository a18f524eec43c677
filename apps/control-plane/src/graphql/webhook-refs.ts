import type PrismaTypes from '@sluice/db/pothos-types'
import { builder } from './builder.ts'

export type EndpointRow = PrismaTypes['WebhookEndpoint']['Shape']
export type DeliveryRow = PrismaTypes['WebhookDelivery']['Shape']
export type BulkOperationRow = PrismaTypes['BulkOperation']['Shape']

/** Declared before their fields: an endpoint has deliveries, a delivery has an endpoint. */
export const EndpointRef = builder.objectRef<EndpointRow>('WebhookEndpoint')
export const DeliveryRef = builder.objectRef<DeliveryRow>('WebhookDelivery')
export const BulkOperationRef = builder.objectRef<BulkOperationRow>('BulkOperation')
