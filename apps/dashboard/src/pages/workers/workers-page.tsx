import { ChevronDown, ChevronRight, Unplug } from 'lucide-react'
import { silenceOf } from '../../features/silence.ts'
import { KindTable, KindTable_FlowKind } from '../../features/worker/kind-table.tsx'
import { ServerTable, ServerTable_ServerProcess } from '../../features/worker/server-table.tsx'
import { WorkerAlarms, WorkerAlarms_ServerProcess, WorkerAlarms_UnservedQueue } from '../../features/worker/worker-alarms.tsx'
import { isAtWork } from '../../features/worker/worker-rules.ts'
import { WorkerTable, WorkerTable_Worker } from '../../features/worker/worker-table.tsx'
import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { useCalmRefresh } from '../../graphql/use-calm-refresh.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { Button } from '../../ui/button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Panel } from '../../ui/panel.tsx'
import { useTitle } from '../../ui/use-title.ts'
import { Nothing } from '../queue/nothing.tsx'
import type { WorkersSearch } from './workers-search.ts'

const WorkersPage_Query = graphql(`
  query WorkersPage {
    serverTime
    unservedQueues { ...WorkerAlarms_UnservedQueue }
    workers { id state capacity leased heartbeatAt heartbeatMs ...WorkerTable_Worker }
    flowKinds { name ...KindTable_FlowKind }
    servers { id ...WorkerAlarms_ServerProcess ...ServerTable_ServerProcess }
  }
`, [WorkerAlarms_UnservedQueue, WorkerTable_Worker, KindTable_FlowKind, WorkerAlarms_ServerProcess, ServerTable_ServerProcess])

const NONE = {}
type Data = ResultOf<typeof WorkersPage_Query>
interface Props { search: WorkersSearch; onSearch(search: WorkersSearch): void }

/** What needs somebody, who works on what, what can be done at all, and which control planes are up. Nothing pushes this: it is read every five seconds. */
export function WorkersPage({ search, onSearch }: Props) {
  const page = useLoaded({ query: WorkersPage_Query, variables: NONE })
  useCalmRefresh(page.refresh)
  const needed = page.data?.unservedQueues.length ?? 0
  useTitle(needed > 0 ? `Workers, ${needed} missing` : 'Workers')
  return (
    <>
      <h1 className="m-0 text-[1.35rem] font-semibold">Workers</h1>
      <Loaded state={page}>
        {data => (
          <div className="flex flex-col gap-3">
            <WorkerAlarms unserved={data.unservedQueues} servers={data.servers} />
            <AtWork data={data} search={search} onSearch={onSearch} />
            <Gone data={data} search={search} onSearch={onSearch} />
            <Panel flush title="Kinds" aside={<span className="text-muted">{data.flowKinds.length} registered so far</span>}>
              {data.flowKinds.length > 0 ? <KindTable kinds={data.flowKinds} /> : <Nothing>A kind is listed from the first worker on that registers it.</Nothing>}
            </Panel>
            <Panel flush title="Control planes"><ServerTable servers={data.servers} /></Panel>
          </div>
        )}
      </Loaded>
    </>
  )
}

function AtWork({ data, search, onSearch }: Props & { data: Data }) {
  const workers = data.workers.filter(isAtWork)
  return (
    <Panel flush title="Workers" aside={<Totals workers={workers} readAt={data.serverTime} />}>
      {workers.length > 0
        ? <WorkerTable caption="Live workers" workers={workers} readAt={data.serverTime} opened={search.worker} onOpen={worker => onSearch({ ...search, worker })} />
        : <Nothing>No worker is live: nothing starts. The runner of npm start is one; packages/worker/README.md shows how to write another.</Nothing>}
    </Panel>
  )
}

function Totals({ workers, readAt }: { workers: Data['workers']; readAt: string }) {
  const silent = workers.filter(worker => silenceOf(worker, readAt) !== null).length
  const sum = (pick: (worker: Data['workers'][number]) => number) => workers.reduce((total, worker) => total + pick(worker), 0)
  return (
    <span className="flex flex-wrap items-center gap-x-2 text-muted">
      {silent > 0 && <span className="inline-flex items-center gap-1 font-medium text-attention"><Unplug size={14} aria-hidden="true" /> {silent} silent,</span>}
      <span>{workers.length - silent} live, {sum(worker => worker.leased)} of {sum(worker => worker.capacity)} leased</span>
    </span>
  )
}

const GONE_SHOWN = 50

function Gone({ data, search, onSearch }: Props & { data: Data }) {
  const gone = data.workers.filter(worker => !isAtWork(worker))
  const draining = gone.filter(worker => worker.state === 'DRAINING').length
  if (gone.length === 0) return null
  const open = search.gone === 'shown'
  return (
    <Panel
      flush title="Leaving or gone"
      aside={<Button look="quiet" icon={open ? ChevronDown : ChevronRight} aria-expanded={open} onClick={() => onSearch({ ...search, gone: open ? undefined : 'shown' })}>{draining > 0 && `${draining} draining, `}{gone.length - draining} gone in the last ten minutes</Button>}
    >
      {open && <WorkerTable caption="Workers that leave or are gone" workers={gone.slice(0, GONE_SHOWN)} readAt={data.serverTime} opened={search.worker} onOpen={worker => onSearch({ ...search, worker })} />}
      {open && gone.length > GONE_SHOWN && <Nothing>{`${gone.length - GONE_SHOWN} more are not shown.`}</Nothing>}
    </Panel>
  )
}
