import { useState } from 'react'
import { CodeLine } from '../../ui/code-line.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { asCurl, asVariables, NEW_FLOW_DOCUMENT, type FlowRequest } from './flow-request.ts'

const WAYS = ['curl', 'graphql'] as const
type Way = (typeof WAYS)[number]

/** Exactly what would be sent, ready to copy. request: null while there is none. whyNot: what is wrong with it; then it is neither sent nor copied. */
export function CopyAs({ request, whyNot }: { request: FlowRequest | null; whyNot: string | null }) {
  const [way, setWay] = useState<Way>('curl')
  if (request === null) return <p className="text-muted">What would be sent stands here as soon as there is a kind and the JSON is right.</p>
  return (
    <div className="flex flex-col gap-2">
      {whyNot !== null && <p className="text-muted">{whyNot}</p>}
      <Tabs<Way> value={way} onChange={setWay} tabs={[
        { name: 'curl', label: 'As curl', content: <div className="flex flex-col gap-2"><p className="text-muted">With a token in <code className="font-mono text-text">SLUICE_TOKEN</code>.</p><CodeLine text={asCurl(request, location.origin)} label="curl" whyNot={whyNot} /></div> },
        { name: 'graphql', label: 'As GraphQL', content: <div className="flex flex-col gap-2"><CodeLine text={NEW_FLOW_DOCUMENT} label="GraphQL document" /><CodeLine text={asVariables(request)} label="GraphQL variables" whyNot={whyNot} /></div> },
      ]} />
    </div>
  )
}
