import type { FlowCountsRow, FlowEventRow, FrameRow, QueueStatsRow } from '@sluice/engine'
import type { FlowHandle } from '../graphql/flow-reader.ts'
import type { WaitpointRow } from '../graphql/waitpoint-ref.ts'
import type { BulkOperationRow, DeliveryRow } from '../graphql/webhook-refs.ts'

export type SubscriptionEnd = 'TERMINAL' | 'REVOKED' | 'TOO_SLOW' | 'SHUTDOWN'

/** What every item of every subscription says. end only on the last one. */
export interface ItemHead {
  cursor: string
  kind: 'SNAPSHOT' | 'CHANGE' | 'END'
  gap?: boolean
  end?: SubscriptionEnd
}

export interface FlowEventItem extends ItemHead { flow?: FlowHandle; event?: FlowEventRow }
export interface FlowFrameItem extends ItemHead { frames?: FrameRow[] }
export interface FlowsChangedItem extends ItemHead { counts?: FlowCountsRow; flow?: FlowHandle; deletedId?: string; matches?: boolean }
export interface QueueChangedItem extends ItemHead { stats?: QueueStatsRow; head?: FlowHandle[]; orderChanged?: boolean }
export interface OverviewItem extends ItemHead {
  stats?: QueueStatsRow
  slotHolders?: FlowHandle[]
  queueHead?: FlowHandle[]
  recentFailures?: FlowHandle[]
  openWaits?: number
  liveDeliveries?: number
  exhaustedLastHour?: number
  disabledEndpoints?: number
  feedLagMs?: number
}
export interface WaitpointsChangedItem extends ItemHead { openCount?: number; waitpoint?: WaitpointRow }
export interface WebhookDeliveryChangedItem extends ItemHead { delivery?: DeliveryRow; matches?: boolean }
export interface BulkOperationItem extends ItemHead { operation?: BulkOperationRow }
