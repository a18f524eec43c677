import type { AttemptType } from '@sluice/protocol'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { Instant, RelativeTime, Span } from '../../ui/time.tsx'

export const FlowAttempts_Flow = graphql(`
  fragment FlowAttempts_Flow on Flow {
    id
    attempts(first: 200) {
      edges { node {
        id index type epoch codeVersion startedAt reportedAt endedAt endReason leaseExpiresAt
        worker { id name }
        error { code message }
      } }
    }
  }
`)

const TYPE_WORDS: Record<AttemptType, string> = { INITIAL: 'first', RETRY: 'retry', RECLAIM: 'again, after a start that was lost', RESUME: 'resumed' }

/** Every attempt: who worked on it, how long, and how it ended. */
export function FlowAttempts({ flow: masked }: { flow: FragmentOf<typeof FlowAttempts_Flow> }) {
  const { attempts } = readFragment(FlowAttempts_Flow, masked)
  if (attempts.edges.length === 0) return <p className="text-muted">No attempt yet: one begins when a worker takes the flow.</p>
  return (
    <div className="panel overflow-x-auto" role="region" aria-label="Attempts" tabIndex={0}>
      <table className="rows min-w-[44rem]">
        <caption className="sr-only">Attempts</caption>
        <thead>
          <tr>
            <th scope="col" className="w-12 text-right">#</th>
            <th scope="col" className="w-24">Type</th>
            <th scope="col">Worker</th>
            <th scope="col" className="w-32">Leased</th>
            <th scope="col" className="w-24 text-right">Lasted</th>
            <th scope="col" className="w-[34%]">End</th>
          </tr>
        </thead>
        <tbody>
          {attempts.edges.map(({ node }) => (
            <tr key={node.id}>
              <td className="text-right">{node.index + 1}</td>
              <td title={TYPE_WORDS[node.type]}>{TYPE_WORDS[node.type]}</td>
              <td title={node.codeVersion ?? undefined}>{node.worker?.name ?? 'gone'} {node.codeVersion && <span className="text-muted">{node.codeVersion}</span>}</td>
              <td><Instant at={node.startedAt} /></td>
              <td className="text-right"><Span from={node.startedAt} to={node.endedAt} /></td>
              <td title={node.error?.message}>{node.endedAt ? <>{node.endReason ?? 'ended'} <span className="text-muted">{node.error?.message}</span></> : <Current {...node} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Current({ reportedAt, leaseExpiresAt }: { reportedAt: string | null; leaseExpiresAt: string | null }) {
  return (
    <span className="text-muted">
      {reportedAt ? 'at work' : 'start not reported yet'}
      {leaseExpiresAt && <>, lease ends <RelativeTime at={leaseExpiresAt} /></>}
    </span>
  )
}
