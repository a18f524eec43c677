import { useMemo } from 'react'
import { CapLine } from '../../features/cap/cap-line.tsx'
import { QueueTable } from '../../features/flow/queue-table.tsx'
import { SlotBoard } from '../../features/flow/slot-board.tsx'
import { DisabledEndpoints } from '../../features/endpoint/disabled-endpoints.tsx'
import { LaneStrip } from '../../features/lane/lane-strip.tsx'
import { QueueStats } from '../../features/queue/queue-stats.tsx'
import { ThroughputChart } from '../../features/queue/throughput-chart.tsx'
import { FirstMinute } from '../../features/sample/first-minute.tsx'
import { SampleMenu } from '../../features/sample/sample-menu.tsx'
import { addressOf } from '../../features/addresses.ts'
import type { ResultOf } from '../../graphql/graphql.ts'
import { useEvery } from '../../graphql/use-every.ts'
import { useLive } from '../../graphql/use-live.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { Loaded } from '../../ui/loaded.tsx'
import { Panel } from '../../ui/panel.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { EndedPanel } from './ended-panel.tsx'
import { Nothing } from './nothing.tsx'
import { QueuePage_FlowsChanged, QueuePage_QueueChanged, QueuePage_Query, QueuePage_Throughput } from './queue-documents.ts'
import type { QueueSearch } from './queue-search.ts'
import { toVariables } from './queue-variables.ts'

interface Props { search: QueueSearch; onSearch(search: QueueSearch): void }
type Data = ResultOf<typeof QueuePage_Query>

/** What holds the slots, what waits and why, and what has just ended. */
export function QueuePage({ search, onSearch }: Props) {
  const variables = useMemo(() => toVariables(search), [search])
  const filter = useMemo(() => ({ filter: { lane: search.lane === undefined ? null : [search.lane] } }), [search.lane])
  const refreshAll = () => { page.refresh(); chart.refresh() }
  const queue = useLive({ subscription: QueuePage_QueueChanged, variables: { lane: search.lane ?? null }, item: data => data.queueChanged, onChange: () => page.refresh() })
  const flows = useLive({ subscription: QueuePage_FlowsChanged, variables: filter, item: data => data.flowsChanged, onChange: () => page.refresh() })
  const page = useLoaded({ query: QueuePage_Query, variables, ready: queue.ready && flows.ready })
  const chart = useLoaded({ query: QueuePage_Throughput, variables: { lane: search.lane ?? null } })
  // Progress, estimates and figures per minute change without a milestone.
  useEvery(5000, refreshAll)
  const stats = page.data?.queueStats
  const failed = addressOf.ended('failed', search.lane)
  useTitle(stats ? `${stats.slotsHeld}${stats.cap > 0 ? `/${stats.cap}` : ''} held, ${stats.queued} queued` : 'Queue')

  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h1 className="m-0 text-[1.35rem] font-semibold">Queue{search.lane !== undefined && <span className="text-muted"> of lane {search.lane}</span>}</h1>
        {page.data && page.data.flowCounts.total > 0 && <SampleMenu onStarted={page.refresh} />}
      </div>
      <Loaded state={page}>
        {data => (
          <div className="flex flex-col gap-3">
            {data.flowCounts.total === 0 && <FirstMinute onStarted={page.refresh} />}
            <DisabledEndpoints />
            <LaneStrip lanes={data.lanes} shown={search.lane} />
            <section aria-label="Numbers" className="panel min-w-0 p-3">
              <div className="grid items-end gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
                <QueueStats stats={data.queueStats} lane={search.lane} failedAddress={failed} />
                {chart.data && <ThroughputChart points={chart.data.throughput} failedAddress={failed} />}
              </div>
            </section>
            <Panel title="Slots" aside={<CapLine caps={data.caps} lane={search.lane} />}>
              <SlotBoard holders={data.holding.edges.map(edge => edge.node)} cap={capOf(data, search.lane)} held={data.queueStats.slotsHeld} readAt={data.serverTime} />
            </Panel>
            <Waiting data={data} search={search} onSearch={onSearch} />
            <EndedPanel ended={data.ended} search={search} onSearch={onSearch} />
          </div>
        )}
      </Loaded>
    </>
  )
}

const capOf = (data: Data, lane: string | undefined) =>
  data.caps.find(cap => (lane === undefined ? cap.scope === 'GLOBAL' : cap.scope === 'LANE' && cap.lane?.name === lane))?.maxActive ?? 0

/** Whose time has not come is queued, and not due. It is told apart where the page has them all. */
const queuedInWords = ({ queueStats: { queued }, flowQueue: { edges, pageInfo } }: Data, search: QueueSearch): string => {
  if (search.after !== undefined || pageInfo.hasNextPage) return `${queued} queued`
  const later = edges.filter(({ node: { queue } }) => queue !== null && NOT_DUE.has(queue.reason)).length
  return later === 0 ? `${queued} in promotion order` : `${queued} queued, ${Math.max(0, queued - later)} due`
}

const NOT_DUE: ReadonlySet<string> = new Set(['HELD', 'DELAYED', 'RETRY_BACKOFF'])

function Waiting({ data, search, onSearch }: Props & { data: Data }) {
  const { edges, pageInfo } = data.flowQueue
  const next = pageInfo.endCursor
  return (
    <Panel title="In the queue" aside={<span className="text-muted">{queuedInWords(data, search)}</span>} flush>
      {edges.length > 0 ? <QueueTable flows={edges.map(edge => edge.node)} /> : <Nothing>The queue is empty. What is submitted while every slot is held, or no worker asks, waits here.</Nothing>}
      {(search.after !== undefined || pageInfo.hasNextPage) && (
        <div className="flex gap-2 border-t border-line p-2">
          {search.after !== undefined && <button type="button" className="control" onClick={() => onSearch({ ...search, after: undefined })}>First page</button>}
          {pageInfo.hasNextPage && next && <button type="button" className="control" onClick={() => onSearch({ ...search, after: next })}>Next page</button>}
        </div>
      )}
    </Panel>
  )
}
