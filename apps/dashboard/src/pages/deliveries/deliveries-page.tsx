import { Repeat2 } from 'lucide-react'
import { useMemo, useState } from 'react'
import { BulkProgress } from '../../features/bulk/bulk-progress.tsx'
import { DeliveryFilterBar } from '../../features/delivery/delivery-filter-bar.tsx'
import { DeliveryList } from '../../features/delivery/delivery-list.tsx'
import { toFilter } from '../../features/delivery/delivery-search.ts'
import { ReplayFailedDialog } from '../../features/delivery/replay-failed-dialog.tsx'
import { StateTabs } from '../../features/delivery/state-tabs.tsx'
import { nameOfEndpoint } from '../../features/endpoint-name.ts'
import { liveCounts } from '../../features/endpoint/endpoint-health.ts'
import { HealthStrip, HealthStrip_WebhookEndpoint } from '../../features/endpoint/health-strip.tsx'
import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { useCalmRefresh } from '../../graphql/use-calm-refresh.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { useViewer, whyMayNot } from '../../graphql/viewer.ts'
import { Button } from '../../ui/button.tsx'
import { useTitle } from '../../ui/use-title.ts'
import type { DeliveriesSearch } from './deliveries-search.ts'

const DeliveriesPage_Health = graphql(`
  query DeliveriesPageHealth {
    webhookEndpoints(first: 100) { edges { node { id name urlRedacted state ...HealthStrip_WebhookEndpoint } } }
    live: webhookDeliveries(filter: { state: [PENDING, SENDING, RETRY_SCHEDULED] }, first: 200) { edges { node { id endpoint { id } } } pageInfo { hasNextPage } }
  }
`, [HealthStrip_WebhookEndpoint])

const NONE = {}
type Health = ResultOf<typeof DeliveriesPage_Health>
interface Props { search: DeliveriesSearch; onSearch(search: DeliveriesSearch): void }

/** Every delivery, newest first, under the filters of the address, and how each endpoint does. */
export function DeliveriesPage({ search, onSearch }: Props) {
  const [newsAt, setNewsAt] = useState<HTMLElement | null>(null)
  const [asked, ask] = useState(false)
  const health = useLoaded({ query: DeliveriesPage_Health, variables: NONE })
  useCalmRefresh(health.refresh)
  const choices = useMemo(() => choicesOf(health.data), [health.data])
  const filter = toFilter(search)
  const mayNot = whyMayNot(useViewer(), 'replayWebhookDeliveries')
  const show = (operation: string | undefined) => onSearch({ ...search, operation })
  useTitle(titleOf(health.data))
  return (
    <>
      <div className="flex min-h-8 flex-wrap items-center justify-between gap-2">
        <h1 className="m-0 text-[1.35rem] font-semibold">Deliveries</h1>
        <span className="flex items-center gap-2">
          <span ref={setNewsAt} />
          <Button icon={Repeat2} whyNot={mayNot} onClick={() => ask(true)}>Replay what failed</Button>
        </span>
      </div>
      {health.error && <p role="status" className="text-muted">How the endpoints do is not known. {health.error}</p>}
      {health.data && <Strip data={health.data} search={search} />}
      {search.operation !== undefined && <BulkProgress key={search.operation} id={search.operation} onClose={() => show(undefined)} />}
      <StateTabs search={search} />
      <DeliveryFilterBar search={search} endpoints={choices} onSearch={next => onSearch({ ...search, ...next })} />
      <DeliveryList key={JSON.stringify(filter)} search={filter} newsAt={newsAt} onChange={() => {}} onReplaying={show} />
      {asked && <ReplayFailedDialog search={filter} endpoints={choices.map(({ value, label }) => ({ id: value, label }))} onClose={() => ask(false)} onReplaying={show} />}
    </>
  )
}

function Strip({ data, search }: { data: Health; search: DeliveriesSearch }) {
  const live = liveCounts(data.live.edges.map(({ node }) => node), !data.live.pageInfo.hasNextPage)
  return <HealthStrip endpoints={data.webhookEndpoints.edges.map(({ node }) => node)} live={live} shown={search.endpoint} search={search} />
}

const choicesOf = (data: Health | undefined) =>
  data?.webhookEndpoints.edges.map(({ node }) => ({ value: node.id, label: nameOfEndpoint(node), hint: node.name === null ? '' : node.urlRedacted })) ?? []

const titleOf = (data: Health | undefined): string => {
  const off = data?.webhookEndpoints.edges.filter(({ node }) => node.state === 'DISABLED').length ?? 0
  return off > 0 ? `Deliveries, ${off} disabled` : 'Deliveries'
}
