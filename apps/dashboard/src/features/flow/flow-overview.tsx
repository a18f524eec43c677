import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { Fact } from '../../ui/figure.tsx'
import { JsonView } from '../../ui/json-view.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { ExpectedTime, RelativeTime, withLocalTimes } from '../../ui/time.tsx'
import { ValueView } from '../../ui/value-view.tsx'
import { addressOf } from '../addresses.ts'
import { nameOfEndpoint } from '../endpoint-name.ts'
import { REASON_LOOKS } from '../looks.ts'
import { FlowAttempts_Flow } from './flow-attempts.tsx'
import { cancelReasonOf } from './cancel-reason.ts'
import { Holders } from './why-waits.tsx'

export const FlowOverview_Flow = graphql(`
  fragment FlowOverview_Flow on Flow {
    id status isTerminal terminalReason input result labels priority maxAttempts retriesUsed onLeaseLost createdAt
    error { code message detail retryable }
    queue { position reason detail estimatedStartAt pinned forced }
    retryOf { id title }
    webhookEndpoint { id name urlRedacted }
    milestones: events(first: 200) { edges { node { sequence type payload } } }
    owner { id name }
  }
`)

type Overview = ResultOf<typeof FlowOverview_Flow>

/** What went in, what came out or why nothing did, and how it was set up. */
export function FlowOverview({ flow: masked, attempts }: { flow: FragmentOf<typeof FlowOverview_Flow>; attempts: FragmentOf<typeof FlowAttempts_Flow> }) {
  const flow = readFragment(FlowOverview_Flow, masked)
  const cancelReason = cancelReasonOf(flow.milestones.edges.map(edge => edge.node))
  return (
    <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <div className="flex min-w-0 flex-col gap-4">
        {flow.queue && <Waiting flow={flow} queue={flow.queue} />}
        {cancelReason !== null && <Section title="Reason given for the cancel"><p className="panel whitespace-pre-wrap break-words p-3">{cancelReason}</p></Section>}
        {flow.error && <Failure error={flow.error} isEnd={flow.status === 'FAILED'} isReported={isReported(flow.error, attempts)} />}
        <Section title="Result"><Result flow={flow} /></Section>
        <Section title="Input"><ValueView value={flow.input} label="input" /></Section>
      </div>
      <Settings flow={flow} />
    </div>
  )
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return <section className="min-w-0"><h2 className="m-0 mb-1.5 text-[1.05rem] font-semibold">{title}</h2>{children}</section>
}

function Waiting({ flow, queue }: { flow: Overview; queue: NonNullable<Overview['queue']> }) {
  return (
    <Section title="Why it waits">
      <div className="panel flex flex-col gap-2 p-3">
        <p className="flex flex-wrap items-center gap-x-4"><LookBadge look={REASON_LOOKS[queue.reason]} />
          {queue.position !== null && <span>position {queue.position}</span>}
          {queue.pinned && <span className="text-attention">pinned{queue.forced ? ', may pass the caps' : ''}</span>}
          {queue.estimatedStartAt && <span className="text-muted">starts about <ExpectedTime at={queue.estimatedStartAt} /></span>}
        </p>
        <p>{withLocalTimes(queue.detail)}</p>
        <Holders key={queue.reason} id={flow.id} />
      </div>
    </Section>
  )
}

type Failed = NonNullable<Overview['error']>

/** Whether a worker said so itself: of one that was lost, or of a deadline, the control plane speaks. */
const isReported = ({ code, message }: Failed, attempts: FragmentOf<typeof FlowAttempts_Flow>): boolean =>
  readFragment(FlowAttempts_Flow, attempts).attempts.edges.some(({ node: { endReason, error } }) => endReason === 'failed' && error?.code === code && error.message === message)

/** isEnd: the flow failed with it. Otherwise it is left of an attempt, and the flow went on or was ended by something else. */
function Failure({ error, isEnd, isReported }: { error: Failed; isEnd: boolean; isReported: boolean }) {
  return (
    <Section title={isEnd ? 'Error' : 'Error of the last attempt that failed'}>
      <div className={`panel flex flex-col gap-2 p-3 ${isEnd ? 'border-bad' : ''}`}>
        <p className="whitespace-pre-wrap break-words"><strong className={`font-mono text-[0.95rem] ${isEnd ? 'text-bad' : ''}`}>{error.code}</strong> {error.message}</p>
        {isReported && <p className="text-[0.93rem] text-muted">{error.retryable ? 'The worker said that trying again may help.' : 'The worker said that trying again would not help.'}</p>}
        {error.detail !== null && <JsonView value={error.detail} label="error detail" />}
      </div>
    </Section>
  )
}

function Result({ flow }: { flow: Overview }) {
  if (flow.status === 'FINISHED') return <ValueView value={flow.result} label="result" />
  return <p className="text-muted">{flow.isTerminal ? 'None.' : 'None yet: it has not ended.'}</p>
}

function Settings({ flow }: { flow: Overview }) {
  const labels = Object.entries((flow.labels ?? {}) as Record<string, string>)
  return (
    <dl className="panel m-0 self-start p-3">
      <Fact name="Owner">{flow.owner.name}</Fact>
      <Fact name="Priority">{flow.priority}</Fact>
      <Fact name="Attempts allowed">{flow.maxAttempts}</Fact>
      <Fact name="Retries used">{flow.retriesUsed}</Fact>
      <Fact name="If its worker is lost">{flow.onLeaseLost === 'RETRY' ? 'tried again' : 'fails'}</Fact>
      <Fact name="Created"><RelativeTime at={flow.createdAt} /></Fact>
      {flow.webhookEndpoint && <Fact name="Its end is told to"><a href={addressOf.endpoints(flow.webhookEndpoint)} className="break-all">{nameOfEndpoint(flow.webhookEndpoint)}</a></Fact>}
      {flow.retryOf && <Fact name="Retry of"><a href={addressOf.flow(flow.retryOf.id)}>{flow.retryOf.title}</a></Fact>}
      {labels.map(([key, value]) => <Fact key={key} name={key}><a href={addressOf.flows({ label: `${key}=${value}` })} title="List the flows with this label">{value || '(empty)'}</a></Fact>)}
      <Fact name="Id"><ShortId id={flow.id} label="flow id" /></Fact>
    </dl>
  )
}
