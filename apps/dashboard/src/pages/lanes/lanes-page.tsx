import { Plus } from 'lucide-react'
import { useState } from 'react'
import { addressOf } from '../../features/addresses.ts'
import { CapDialog } from '../../features/cap/cap-dialog.tsx'
import { CapLine, CapLine_Cap } from '../../features/cap/cap-line.tsx'
import { PrincipalCaps, PrincipalCaps_Cap } from '../../features/cap/principal-caps.tsx'
import { AllLanes, AllLanes_QueueStats } from '../../features/lane/all-lanes.tsx'
import { NewLaneDialog } from '../../features/lane/lane-form-dialog.tsx'
import { LaneTable, LaneTable_Lane } from '../../features/lane/lane-table.tsx'
import { useConnection } from '../../graphql/connection.ts'
import { graphql, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { useCalmRefresh } from '../../graphql/use-calm-refresh.ts'
import { useLive } from '../../graphql/use-live.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { useViewer, whyMayNot } from '../../graphql/viewer.ts'
import { Button } from '../../ui/button.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Panel } from '../../ui/panel.tsx'
import { useTitle } from '../../ui/use-title.ts'
import type { LanesSearch } from './lanes-search.ts'

const LanesPage_Query = graphql(`
  query LanesPage {
    queueStats { ...AllLanes_QueueStats }
    lanes { id name state cap { maxActive fromEnvironment environmentValue } ...LaneTable_Lane }
    caps { scope lane { id name } ...CapLine_Cap ...PrincipalCaps_Cap }
  }
`, [AllLanes_QueueStats, LaneTable_Lane, CapLine_Cap, PrincipalCaps_Cap])

const LanesPage_QueueChanged = graphql(`
  subscription LanesPageQueueChanged { queueChanged { cursor kind gap end stats { ...AllLanes_QueueStats } } }
`, [AllLanes_QueueStats])

const NONE = {}
type Data = ResultOf<typeof LanesPage_Query>
interface Props { search: LanesSearch; onSearch(search: LanesSearch): void }

/** Every lane and every cap: how full they are, who set them, and the ways to change them. */
export function LanesPage({ search, onSearch }: Props) {
  const [making, make] = useState(false)
  const { ready, stats } = usePushedStats()
  const page = useLoaded({ query: LanesPage_Query, variables: NONE, ready })
  useCalmRefresh(page.refresh)
  useTitle(titleOf(page.data))
  const mayNot = whyMayNot(useViewer(), 'upsertLane')
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h1 className="m-0 text-[1.35rem] font-semibold">Lanes</h1>
        <Button icon={Plus} whyNot={mayNot} onClick={() => make(true)}>New lane</Button>
      </div>
      <Loaded state={page}>
        {data => (
          <div className="flex flex-col gap-3">
            <Panel title="All lanes" aside={<CapLine caps={data.caps} lane={undefined} onDone={page.refresh} />}>
              <AllLanes stats={stats ?? data.queueStats} />
            </Panel>
            <Lanes data={data} search={search} onSearch={onSearch} onDone={page.refresh} />
            <PrincipalCaps caps={data.caps.filter(cap => cap.scope === 'PRINCIPAL')} onDone={page.refresh} />
            {making && <NewLaneDialog names={data.lanes.map(lane => lane.name)} onClose={() => make(false)} onDone={lane => { page.refresh(); onSearch({ lane }) }} />}
          </div>
        )}
      </Loaded>
    </>
  )
}

/** Only the figures of all lanes are pushed; while the socket is down, what was pushed is older than what is read. */
const usePushedStats = () => {
  const [stats, setStats] = useState<FragmentOf<typeof AllLanes_QueueStats> | null>(null)
  const { state } = useConnection()
  const { ready } = useLive({
    subscription: LanesPage_QueueChanged, variables: NONE, onChange: () => {},
    item: ({ queueChanged }) => {
      if (queueChanged.stats) setStats(queueChanged.stats)
      return queueChanged
    },
  })
  return { ready, stats: state === 'open' ? stats : null }
}

function Lanes({ data, search, onSearch, onDone }: Props & { data: Data; onDone(): void }) {
  const [capOf, setCapOf] = useState<string | null>(null)
  return (
    <Panel flush title="Lanes" aside={<NotOpen data={data} />}>
      <LaneTable lanes={data.lanes} opened={search.lane} onOpen={lane => onSearch({ lane })} onCap={setCapOf} onDone={onDone} />
      {capOf !== null && (
        <CapDialog subject={{ scope: 'LANE', lane: capOf }} now={data.lanes.find(lane => lane.name === capOf)?.cap ?? null} onClose={() => setCapOf(null)} onDone={onDone} />
      )}
    </Panel>
  )
}

const NAMED = 4

/** Which lanes are not open, each a way to its details: they may stand far down. */
function NotOpen({ data }: { data: Data }) {
  const closed = data.lanes.filter(lane => lane.state !== 'OPEN')
  return (
    <span className="flex min-w-0 flex-wrap gap-x-2 text-muted">
      {data.lanes.length === 1 ? '1 lane' : `${data.lanes.length} lanes`}{closed.length > 0 && `, ${closed.length} not open:`}
      {closed.slice(0, NAMED).map(lane => <a key={lane.id} href={addressOf.lanes(lane.name)} className="max-w-48 truncate">{lane.name}</a>)}
      {closed.length > NAMED && '…'}
    </span>
  )
}

const titleOf = (data: Data | undefined): string => {
  const closed = data?.lanes.filter(lane => lane.state !== 'OPEN').length ?? 0
  return closed > 0 ? `Lanes, ${closed} not open` : 'Lanes'
}
