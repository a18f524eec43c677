import { ID_PREFIXES } from '@sluice/domain'

const TYPE_NAMES: Record<string, string> = {
  [ID_PREFIXES.flow]: 'Flow',
  [ID_PREFIXES.attempt]: 'Attempt',
  [ID_PREFIXES.lane]: 'Lane',
  [ID_PREFIXES.worker]: 'Worker',
  [ID_PREFIXES.principal]: 'Principal',
  [ID_PREFIXES.token]: 'ApiToken',
  [ID_PREFIXES.audit]: 'AuditEntry',
  [ID_PREFIXES.endpoint]: 'WebhookEndpoint',
  [ID_PREFIXES.delivery]: 'WebhookDelivery',
  [ID_PREFIXES.event]: 'WebhookEvent',
  [ID_PREFIXES.bulk]: 'BulkOperation',
  [ID_PREFIXES.artifact]: 'Artifact',
  [ID_PREFIXES.waitpoint]: 'Waitpoint',
}

/** Ids say what they are by their prefix: flow_… is a Flow. An unknown prefix is taken for a Flow that does not exist. */
export function typeNameOfId(id: string): string {
  const prefix = id.slice(0, id.indexOf('_'))
  return (Object.hasOwn(TYPE_NAMES, prefix) ? TYPE_NAMES[prefix] : undefined) ?? 'Flow'
}
