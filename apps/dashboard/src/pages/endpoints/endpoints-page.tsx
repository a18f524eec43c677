import { Plus } from 'lucide-react'
import { useMemo, useState } from 'react'
import { liveCounts } from '../../features/endpoint/endpoint-health.ts'
import { EndpointTable, EndpointTable_WebhookEndpoint } from '../../features/endpoint/endpoint-table.tsx'
import { NewEndpointDialog } from '../../features/endpoint/new-endpoint-dialog.tsx'
import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { useCalmRefresh } from '../../graphql/use-calm-refresh.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { useViewer, whyMayNot } from '../../graphql/viewer.ts'
import { Button } from '../../ui/button.tsx'
import { CheckBox } from '../../ui/field.tsx'
import { Loaded } from '../../ui/loaded.tsx'
import { Panel } from '../../ui/panel.tsx'
import { useTitle } from '../../ui/use-title.ts'
import type { EndpointsSearch } from './endpoints-search.ts'

const EndpointsPage_Query = graphql(`
  query EndpointsPage($unnamed: Boolean!, $after: String, $owners: Boolean!) {
    webhookEndpoints(unnamed: $unnamed, first: 100, after: $after) {
      edges { node { id state ...EndpointTable_WebhookEndpoint } }
      pageInfo { hasNextPage endCursor }
    }
    live: webhookDeliveries(filter: { state: [PENDING, SENDING, RETRY_SCHEDULED] }, first: 200) { edges { node { id endpoint { id } } } pageInfo { hasNextPage } }
    principals @include(if: $owners) { id name }
  }
`, [EndpointTable_WebhookEndpoint])

type Data = ResultOf<typeof EndpointsPage_Query>
interface Props { search: EndpointsSearch; onSearch(search: EndpointsSearch): void }

/** Every place that hears of flows: what it is told, how it does, and everything that can be done to it. Nothing pushes this: it is read every five seconds. */
export function EndpointsPage({ search, onSearch }: Props) {
  const [making, make] = useState(false)
  const viewer = useViewer()
  const owners = viewer?.permissions.includes('principals') ?? false
  const variables = useMemo(() => ({ unnamed: search.unnamed === 'shown', after: search.after ?? null, owners }), [search.unnamed, search.after, owners])
  const page = useLoaded({ query: EndpointsPage_Query, variables })
  useCalmRefresh(page.refresh)
  useTitle(titleOf(page.data))
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h1 className="m-0 text-[1.35rem] font-semibold">Endpoints</h1>
        <Button icon={Plus} whyNot={whyMayNot(viewer, 'createWebhookEndpoint')} onClick={() => make(true)}>New endpoint</Button>
      </div>
      <Loaded state={page}>
        {data => <List data={data} search={search} onSearch={onSearch} onDone={page.refresh} />}
      </Loaded>
      {/* Not inside of what is read: the secret that it shows must outlast another reading. */}
      {making && <NewEndpointDialog owners={page.data?.principals} onClose={() => make(false)} onDone={endpoint => { page.refresh(); onSearch({ ...search, after: undefined, endpoint }) }} />}
    </>
  )
}

function List({ data, search, onSearch, onDone }: Props & { data: Data; onDone(): void }) {
  const { edges, pageInfo } = data.webhookEndpoints
  const live = liveCounts(data.live.edges.map(({ node }) => node), !data.live.pageInfo.hasNextPage)
  const next = pageInfo.endCursor
  return (
    <Panel flush title="Who is told" aside={<Unnamed search={search} onSearch={onSearch} />}>
      {edges.length > 0
        ? <EndpointTable endpoints={edges.map(({ node }) => node)} live={live} opened={search.endpoint} onOpen={endpoint => onSearch({ ...search, endpoint })} onDone={onDone} />
        : <Nobody />}
      {search.endpoint !== undefined && !edges.some(({ node }) => node.id === search.endpoint) && (
        <p role="status" className="border-t border-line px-3 py-2 text-muted">The endpoint that the address names is not in this list: it was deleted, stands on another page, or is one that a flow brought along.</p>
      )}
      {(search.after !== undefined || pageInfo.hasNextPage) && (
        <div className="flex gap-2 border-t border-line p-2">
          {search.after !== undefined && <button type="button" className="control" onClick={() => onSearch({ ...search, after: undefined })}>First page</button>}
          {pageInfo.hasNextPage && next && <button type="button" className="control" onClick={() => onSearch({ ...search, after: next })}>Next page</button>}
        </div>
      )}
    </Panel>
  )
}

function Unnamed({ search, onSearch }: Props) {
  return <CheckBox label="Also those that flows brought along" checked={search.unnamed === 'shown'} onChange={event => onSearch({ ...search, after: undefined, unnamed: event.target.checked ? 'shown' : undefined })} />
}

function Nobody() {
  return (
    <div className="flex flex-col gap-1 p-4 pt-1">
      <p className="text-muted">Nobody is told of flows yet. An endpoint is a URL that hears of what you choose, signed; or a flow brings a <code className="font-mono text-text">webhookUrl</code> along, which hears of its end.</p>
      <p className="text-muted">To try it here, <code className="font-mono text-text">npm run receiver</code> starts a small receiver on this machine and prints what the server must be told to allow. docs/webhooks.md shows the rest.</p>
    </div>
  )
}

const titleOf = (data: Data | undefined): string => {
  const off = data?.webhookEndpoints.edges.filter(({ node }) => node.state === 'DISABLED').length ?? 0
  return off > 0 ? `Endpoints, ${off} disabled` : 'Endpoints'
}
