import { graphql } from '../../graphql/graphql.ts'
import { CapLine_Cap } from '../../features/cap/cap-line.tsx'
import { QueueTable_Flow } from '../../features/flow/queue-table.tsx'
import { RecentTable_Flow } from '../../features/flow/recent-table.tsx'
import { SlotBoard_Flow } from '../../features/flow/slot-board.tsx'
import { LaneStrip_Lane } from '../../features/lane/lane-strip.tsx'
import { QueueStats_QueueStats } from '../../features/queue/queue-stats.tsx'
import { ThroughputChart_ThroughputPoint } from '../../features/queue/throughput-chart.tsx'

export const QueuePage_Query = graphql(`
  query QueuePage($lane: String, $after: String, $holding: FlowFilter!, $ended: FlowFilter!, $endedFirst: Int!, $endedAfter: String) {
    serverTime
    queueStats(lane: $lane) { cap slotsHeld queued ...QueueStats_QueueStats }
    flowCounts { total }
    caps { scope lane { id name } maxActive ...CapLine_Cap }
    lanes { id ...LaneStrip_Lane }
    flowQueue(lane: $lane, first: 50, after: $after) {
      edges { node { id queue { reason } ...QueueTable_Flow } }
      pageInfo { hasNextPage endCursor }
    }
    holding: flows(filter: $holding, orderBy: CREATED_ASC, first: 200) { edges { node { id ...SlotBoard_Flow } } }
    ended: flows(filter: $ended, orderBy: FINISHED_DESC, first: $endedFirst, after: $endedAfter) {
      edges { node { id ...RecentTable_Flow } }
      pageInfo { hasNextPage endCursor }
    }
  }
`, [QueueStats_QueueStats, CapLine_Cap, LaneStrip_Lane, QueueTable_Flow, SlotBoard_Flow, RecentTable_Flow])

export const QueuePage_Throughput = graphql(`
  query QueuePageThroughput($lane: String) { throughput(lane: $lane, minutes: 60, stepMinutes: 1) { ...ThroughputChart_ThroughputPoint } }
`, [ThroughputChart_ThroughputPoint])

export const QueuePage_QueueChanged = graphql(`
  subscription QueuePageQueueChanged($lane: String) { queueChanged(lane: $lane) { cursor kind gap end orderChanged } }
`)

export const QueuePage_FlowsChanged = graphql(`
  subscription QueuePageFlowsChanged($filter: FlowFilter) {
    flowsChanged(filter: $filter) { cursor kind gap end flow { id status phase slotHeld progress { percent message at } } }
  }
`)
