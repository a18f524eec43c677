import { useQuery } from 'urql'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { useCalmRefresh } from '../../graphql/use-calm-refresh.ts'
import { Fact } from '../../ui/figure.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { Elapsed, ExpectedTime, formatInstant, RelativeTime } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { lookOf } from '../looks.ts'

export const WorkerDetails_Worker = graphql(`
  fragment WorkerDetails_Worker on Worker {
    id instanceId kinds lanes capacity leased codeVersion registeredAt heartbeatAt
    principal { id name }
  }
`)

const HELD_SHOWN = 50

export const WorkerLeases_Query = graphql(`
  query WorkerLeases($id: ID!, $first: Int!) {
    node(id: $id) {
      __typename id
      ... on Worker { leased currentAttempts(first: $first) { id index startedAt leaseExpiresAt flow { id title kind status phase lane { id name } } } }
    }
  }
`)

/** Everything about a worker that its row has no room for, and the flows it holds. */
export function WorkerDetails({ worker: masked }: { worker: FragmentOf<typeof WorkerDetails_Worker> }) {
  const worker = readFragment(WorkerDetails_Worker, masked)
  return (
    <div className="flex flex-col gap-2 bg-sunken px-4 py-2">
      <dl className="m-0 grid gap-x-8 lg:grid-cols-2 lg:[&>:nth-child(2)]:border-t-0">
        <Fact name="Kinds">{worker.kinds.join(', ')}</Fact>
        <Fact name="Lanes">{worker.lanes.length === 0 ? 'all' : worker.lanes.join(', ')}</Fact>
        <Fact name="Registered"><RelativeTime at={worker.registeredAt} /> <span className="text-muted">({formatInstant(worker.registeredAt)})</span></Fact>
        <Fact name="Last heard"><RelativeTime at={worker.heartbeatAt} /></Fact>
        <Fact name="Signs in as">{worker.principal?.name ?? 'somebody who is gone'}</Fact>
        <Fact name="Code">{worker.codeVersion ?? 'not said'}</Fact>
        <Fact name="Instance"><ShortId id={worker.instanceId} label="instance id" /></Fact>
        <Fact name="Worker id"><ShortId id={worker.id} label="worker id" /></Fact>
      </dl>
      <HeldFlows id={worker.id} leased={worker.leased} />
    </div>
  )
}

function HeldFlows({ id, leased }: { id: string; leased: number }) {
  const [{ data, fetching }, execute] = useQuery({ query: WorkerLeases_Query, variables: { id, first: HELD_SHOWN }, requestPolicy: 'cache-and-network' })
  useCalmRefresh(() => execute({ requestPolicy: 'network-only' }))
  const node = data?.node
  if (!node || node.__typename !== 'Worker') return <p className="text-muted">{fetching ? 'Reading what it holds…' : 'It is no longer known.'}</p>
  if (node.currentAttempts.length === 0) return <p className="pb-1 text-muted">{leased === 0 ? 'It holds no flow.' : `It holds ${leased} of somebody else’s flows.`}</p>
  return <HeldTable attempts={node.currentAttempts} leased={node.leased} />
}

type Attempts = Extract<NonNullable<ResultOf<typeof WorkerLeases_Query>['node']>, { __typename: 'Worker' }>['currentAttempts']

function HeldTable({ attempts, leased }: { attempts: Attempts; leased: number }) {
  return (
    <>
      <table className="rows mb-1">
        <caption className="py-1 text-left font-medium">Holds {leased === 1 ? '1 flow' : `${leased} flows`}{attempts.length < leased && <span className="font-normal text-muted">; {attempts.length} that you may see, the oldest, are shown</span>}</caption>
        <thead>
          <tr>
            <th scope="col">Flow</th>
            <th scope="col" className="hidden md:table-cell">Kind</th>
            <th scope="col" className="w-28">Status</th>
            <th scope="col" className="hidden w-28 lg:table-cell">Lane</th>
            <th scope="col" className="w-24 text-right">For</th>
            <th scope="col" className="hidden w-48 text-right md:table-cell">Lease ends if not heard</th>
          </tr>
        </thead>
        <tbody>
          {attempts.map(({ id, startedAt, leaseExpiresAt, flow }) => (
            <tr key={id}>
              <td><a href={addressOf.flow(flow.id)} title={flow.title} className="block truncate">{flow.title}</a></td>
              <td className="hidden text-muted md:table-cell" title={flow.kind}>{flow.kind}</td>
              <td><LookBadge look={lookOf(flow)} /></td>
              <td className="hidden text-muted lg:table-cell">{flow.lane.name}</td>
              <td className="text-right"><Elapsed since={startedAt} /></td>
              <td className="hidden text-right text-muted md:table-cell">{leaseExpiresAt ? <ExpectedTime at={leaseExpiresAt} /> : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
