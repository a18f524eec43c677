import { LANE_STATE_SENTENCES, type Json } from '@sluice/protocol'
import { useMemo, useRef } from 'react'
import { KindField } from '../../features/new-flow/kind-field.tsx'
import { KindList } from '../../features/new-flow/kind-list.tsx'
import { NewFlowForm } from '../../features/new-flow/new-flow-form.tsx'
import { graphql, type ResultOf } from '../../graphql/graphql.ts'
import { useEvery } from '../../graphql/use-every.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { useViewer, whyMayNot } from '../../graphql/viewer.ts'
import { Loaded } from '../../ui/loaded.tsx'
import { useTitle } from '../../ui/use-title.ts'
import type { NewFlowSearch } from './new-flow-search.ts'

const NewFlowPage_Query = graphql(`
  query NewFlowPage($endpoints: Boolean!) {
    flowKinds { name title inputSchema liveWorkers }
    lanes { id name state }
    webhookEndpoints(first: 100) @include(if: $endpoints) { edges { node { id name state origin } } }
  }
`)

type Data = ResultOf<typeof NewFlowPage_Query>
interface Props { search: NewFlowSearch; onSearch(search: NewFlowSearch): void }

/** Submits one flow: a form made from the schema of its kind, with the JSON beside it. */
export function NewFlowPage({ search, onSearch }: Props) {
  const viewer = useViewer()
  const endpoints = viewer !== null && whyMayNot(viewer, 'webhookEndpoints', viewer.principal?.id) === null
  const page = useLoaded({ query: NewFlowPage_Query, variables: useMemo(() => ({ endpoints }), [endpoints]) })
  // Workers come and go, and a kind may be declared anew.
  useEvery(10_000, page.refresh)
  useTitle('New flow')
  return (
    <>
      <h1 className="m-0 text-[1.35rem] font-semibold">New flow</h1>
      <Loaded state={page}>
        {data => (
          <>
            <div className="panel max-w-[calc(50%-0.375rem)] p-3 max-lg:max-w-none"><KindField kinds={data.flowKinds} chosen={search.kind} onChoose={kind => onSearch({ kind })} /></div>
            {search.kind === undefined ? <KindList kinds={data.flowKinds} /> : <Form kind={search.kind} data={data} />}
          </>
        )}
      </Loaded>
    </>
  )
}

function Form({ kind, data }: { kind: string; data: Data }) {
  // What was typed for one kind is there again when it is chosen again.
  const texts = useRef(new Map<string, string>())
  const schema = useSame(data.flowKinds.find(({ name }) => name === kind)?.inputSchema ?? null)
  const lanes = data.lanes.map(({ name, state }) => ({ name, closed: state === 'DRAINING' || state === 'DISABLED' ? LANE_STATE_SENTENCES[state] : null }))
  const endpoints = (data.webhookEndpoints?.edges ?? []).flatMap(({ node: { id, name, state, origin } }) => (name !== null && origin === 'NAMED' ? [{ id, name, off: state === 'DISABLED' }] : []))
  return <NewFlowForm key={kind} kind={kind} schema={schema} lanes={lanes} endpoints={endpoints} begun={texts.current.get(kind)} onText={text => texts.current.set(kind, text)} />
}

/** The same object for as long as its JSON is the same. */
const useSame = (value: Json): Json => {
  const text = JSON.stringify(value)
  return useMemo(() => JSON.parse(text) as Json, [text])
}
