import { lazy, Suspense, type ReactNode } from 'react'
import { FlowDeliveries } from '../../features/delivery/flow-deliveries.tsx'
import { FlowAttempts, FlowAttempts_Flow } from '../../features/flow/flow-attempts.tsx'
import { FlowEvents, FlowEvents_Flow } from '../../features/flow/flow-events.tsx'
import { FlowHeader, FlowHeader_Flow } from '../../features/flow/flow-header.tsx'
import { FlowLife, FlowLife_Flow } from '../../features/flow/flow-life.tsx'
import { FlowOverview, FlowOverview_Flow } from '../../features/flow/flow-overview.tsx'
import { addressOf } from '../../features/addresses.ts'
import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { useEvery } from '../../graphql/use-every.ts'
import { useLive } from '../../graphql/use-live.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { Loaded } from '../../ui/loaded.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { useTitle } from '../../ui/use-title.ts'
import type { FlowSearch } from './flow-search.ts'

// Loaded when their tabs are opened, so that the first page stays light.
const FlowArtifacts = lazy(async () => ({ default: (await import('../../features/artifact/flow-artifacts.tsx')).FlowArtifacts }))
const FlowInputs = lazy(async () => ({ default: (await import('../../features/flow-input/flow-inputs.tsx')).FlowInputs }))
const FlowOutput = lazy(async () => ({ default: (await import('../../features/output/flow-output.tsx')).FlowOutput }))
const FlowRemembered = lazy(async () => ({ default: (await import('../../features/flow/flow-remembered.tsx')).FlowRemembered }))
const FlowWaits = lazy(async () => ({ default: (await import('../../features/wait/flow-waits.tsx')).FlowWaits }))

const FlowPage_Query = graphql(`
  query FlowPage($id: ID!, $after: String) {
    serverTime
    flow(id: $id) {
      id title status isTerminal
      ...FlowHeader_Flow ...FlowLife_Flow ...FlowOverview_Flow ...FlowAttempts_Flow ...FlowEvents_Flow
    }
  }
`, [FlowHeader_Flow, FlowLife_Flow, FlowOverview_Flow, FlowAttempts_Flow, FlowEvents_Flow])

const FlowPage_FlowEvents = graphql(`
  subscription FlowPageFlowEvents($id: ID!) {
    flowEvents(id: $id) { cursor kind gap end flow { id status phase isTerminal } event { sequence type } }
  }
`)

type Flow = NonNullable<ResultOf<typeof FlowPage_Query>['flow']>
interface Props { id: string; search: FlowSearch; onSearch(search: FlowSearch): void; onDeleted(): void }

/** One flow: how it stands, its drawn life, and everything known of it. */
export function FlowPage({ id, search, onSearch, onDeleted }: Props) {
  const live = useLive({ subscription: FlowPage_FlowEvents, variables: { id }, item: data => data.flowEvents, onChange: () => page.refresh() })
  const page = useLoaded({ query: FlowPage_Query, variables: { id, after: (search.tab === 'events' ? search.after : undefined) ?? null }, ready: live.ready })
  const flow = page.data?.flow
  // Progress, positions and leases are not milestones: while it lives, they are read now and then.
  useEvery(2000, () => { if (flow && !flow.isTerminal) page.refresh() })
  useTitle(flow ? flow.title : 'Flow')
  return (
    <Loaded state={page}>
      {data => (data.flow ? <FlowSheet flow={data.flow} readAt={data.serverTime} search={search} onSearch={onSearch} onDeleted={onDeleted} /> : <Missing id={id} />)}
    </Loaded>
  )
}

function FlowSheet({ flow, readAt, search, onSearch, onDeleted }: Omit<Props, 'id'> & { flow: Flow; readAt: string }) {
  const tab = search.tab ?? 'overview'
  return (
    <div className="flex flex-col gap-4">
      <FlowHeader flow={flow} life={flow} readAt={readAt} onDeleted={onDeleted} />
      <FlowLife flow={flow} />
      <Tabs
        value={tab} onChange={name => onSearch({ tab: name === 'overview' ? undefined : name, after: undefined })}
        tabs={[
          { name: 'overview', label: 'Overview', content: <FlowOverview flow={flow} attempts={flow} /> },
          { name: 'inputs', label: 'Inputs', content: <Later><FlowInputs flowId={flow.id} /></Later> },
          { name: 'output', label: 'Output', content: <Later><FlowOutput flowId={flow.id} /></Later> },
          { name: 'waits', label: 'Waits', content: <Later><FlowWaits flowId={flow.id} /></Later> },
          { name: 'events', label: 'Events', content: <FlowEvents flow={flow} attempts={flow} paged={search.after !== undefined} onPage={after => onSearch({ ...search, after })} /> },
          { name: 'attempts', label: 'Attempts', content: <div className="flex flex-col gap-4"><FlowAttempts flow={flow} /><Later><FlowRemembered flowId={flow.id} /></Later></div> },
          { name: 'artifacts', label: 'Artifacts', content: <Later><FlowArtifacts flowId={flow.id} /></Later> },
          { name: 'deliveries', label: 'Deliveries', content: <FlowDeliveries flowId={flow.id} after={search.after} onPage={after => onSearch({ ...search, after })} /> },
        ]}
      />
    </div>
  )
}

function Later({ children }: { children: ReactNode }) {
  return <Suspense fallback={<p role="status" className="text-muted">Reading…</p>}>{children}</Suspense>
}

function Missing({ id }: { id: string }) {
  return (
    <div className="panel p-4">
      <h1 className="m-0 text-[1.35rem] font-semibold">There is no such flow</h1>
      <p className="mt-1 text-muted">Nothing with the id <code className="break-all font-mono text-text">{id}</code> can be read: it may have been deleted, or it belongs to somebody else.</p>
      <p className="mt-3"><a href={addressOf.queue()}>Back to the queue</a></p>
    </div>
  )
}
