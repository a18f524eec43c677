import { WEBHOOK_EVENT_SENTENCES, type EndpointOrigin, type WebhookEventType } from '@sluice/protocol'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { Fact } from '../../ui/figure.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { formatInstant, RelativeTime } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { ENDPOINT_LOOKS } from '../looks.ts'

export const EndpointDetails_WebhookEndpoint = graphql(`
  fragment EndpointDetails_WebhookEndpoint on WebhookEndpoint {
    id urlRedacted events inlineArtifacts strictOrder state disabledReason disabledAt origin version createdAt
    secrets { id createdAt notAfter }
    principal { id name }
    createdBy { id name }
  }
`)

const ORIGIN_WORDS: Record<EndpointOrigin, string> = {
  ENVIRONMENT: 'By FLOW_WEBHOOK_URL of the environment: it hears of flows without an endpoint of their own', NAMED: 'By somebody, with a name', UNNAMED: 'By a flow that brought its URL along',
}

const sentenceOf = (type: string) => (Object.hasOwn(WEBHOOK_EVENT_SENTENCES, type) ? WEBHOOK_EVENT_SENTENCES[type as WebhookEventType] : '')

/** Everything about an endpoint that its row has no room for. */
export function EndpointDetails({ endpoint: masked }: { endpoint: FragmentOf<typeof EndpointDetails_WebhookEndpoint> }) {
  const endpoint = readFragment(EndpointDetails_WebhookEndpoint, masked)
  return (
    <div className="grid gap-x-8 bg-sunken px-4 py-2 lg:grid-cols-2">
      <dl className="m-0">
        <Fact name="State">{ENDPOINT_LOOKS[endpoint.state].word}: {ENDPOINT_LOOKS[endpoint.state].sentence}{endpoint.disabledAt && <span className="text-muted"> ({endpoint.disabledReason ?? 'no reason was given'}, <RelativeTime at={endpoint.disabledAt} />)</span>}</Fact>
        <Fact name="URL"><span className="break-all font-mono text-[0.93rem]">{endpoint.urlRedacted}</span></Fact>
        <Fact name="Whose flows">{endpoint.principal ? `those of ${endpoint.principal.name}` : 'those of all'}</Fact>
        <Fact name="In the body">{endpoint.inlineArtifacts ? 'output and small artifacts' : 'no output, and of artifacts only where they are'}</Fact>
        <Fact name="Strict order">{endpoint.strictOrder ? 'yes: what is later for a flow waits for what is retried' : 'no: what is retried holds nothing back'}</Fact>
        <Fact name="Made">{ORIGIN_WORDS[endpoint.origin]}<span className="text-muted"> ({endpoint.createdBy && `${endpoint.createdBy.name}, `}{formatInstant(endpoint.createdAt)})</span></Fact>
        <Fact name="Show"><span className="flex flex-wrap gap-x-4"><a href={addressOf.deliveries({ endpoint: endpoint.id })}>Its deliveries</a><a href={addressOf.deliveries({ endpoint: endpoint.id, state: ['EXHAUSTED', 'REJECTED', 'BLOCKED'] })}>What failed</a><a href={addressOf.deliveries({ endpoint: endpoint.id, state: 'SUPPRESSED' })}>What was suppressed</a></span></Fact>
      </dl>
      <dl className="m-0">
        <Fact name="Events"><ul className="m-0 list-none p-0">{endpoint.events.map(type => <li key={type}><span className="font-mono text-[0.93rem]">{type}</span> <span className="text-muted">{sentenceOf(type)}</span></li>)}</ul></Fact>
        <Fact name="Signed by"><Secrets secrets={endpoint.secrets} /></Fact>
        <Fact name="Version">{endpoint.version} <ShortId id={endpoint.id} label="endpoint id" /></Fact>
      </dl>
    </div>
  )
}

function Secrets({ secrets }: { secrets: readonly { id: string; createdAt: string; notAfter: string | null }[] }) {
  if (secrets.length === 0) return <>FLOW_WEBHOOK_SECRET of the environment</>
  return (
    <ul className="m-0 list-none p-0">
      {secrets.map(({ id, createdAt, notAfter }) => (
        <li key={id}>{notAfter === null ? 'the secret' : 'a former secret'} made {formatInstant(createdAt)}{notAfter !== null && <>, until {formatInstant(notAfter)} (<RelativeTime at={notAfter} />)</>}</li>
      ))}
    </ul>
  )
}
