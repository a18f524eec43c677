import type { AttemptType } from '@sluice/protocol'
import { TriangleAlert } from 'lucide-react'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { Instant, RelativeTime, Span } from '../../ui/time.tsx'

export const FlowAttempts_Flow = graphql(`
  fragment FlowAttempts_Flow on Flow {
    id
    attempts(first: 200) {
      edges { node {
        id index type epoch codeVersion startedAt reportedAt endedAt endReason leaseExpiresAt unusedMemos
        worker { id name }
        error { code message }
      } }
    }
  }
`)

type Attempt = ResultOf<typeof FlowAttempts_Flow>['attempts']['edges'][number]['node']

/** RECLAIM: the attempt before was cut short, for its worker was lost or shut down while it worked. */
const TYPE_WORDS: Record<AttemptType, string> = { INITIAL: 'first', RETRY: 'retry', RECLAIM: 'again, its worker was gone', RESUME: 'resumed' }

/** Ends that do not say by themselves what they mean. */
const END_WORDS: Partial<Record<string, string>> = { suspended: 'suspended, to wait without its worker', not_started: 'not started', worker_lost: 'worker lost', attempt_timeout: 'took too long', deadline_exceeded: 'deadline passed', input_timed_out: 'nobody answered in time' }
const endWord = (reason: string | null): string => (reason === null ? 'ended' : (END_WORDS[reason] ?? reason))

/** Every attempt: who worked on it, how long, and how it ended. */
export function FlowAttempts({ flow: masked }: { flow: FragmentOf<typeof FlowAttempts_Flow> }) {
  const { attempts } = readFragment(FlowAttempts_Flow, masked)
  if (attempts.edges.length === 0) return <p className="text-muted">No attempt yet: one begins when a worker takes the flow.</p>
  return (
    <div className="flex flex-col gap-3">
      <Unused attempts={attempts.edges.map(({ node }) => node)} />
      <AttemptTable attempts={attempts.edges.map(({ node }) => node)} />
    </div>
  )
}

function AttemptTable({ attempts }: { attempts: readonly Attempt[] }) {
  return (
    <div className="panel overflow-hidden">
      <table className="rows">
        <caption className="sr-only">Attempts</caption>
        <thead>
          <tr>
            <th scope="col" className="w-10 text-right sm:w-12">#</th>
            <th scope="col" className="hidden w-24 sm:table-cell md:w-28 lg:w-60">Type</th>
            <th scope="col">Worker</th>
            <th scope="col" className="hidden w-32 md:table-cell">Leased</th>
            <th scope="col" className="w-20 text-right sm:w-24">Lasted</th>
            <th scope="col" className="w-[48%] sm:w-[34%]">End</th>
          </tr>
        </thead>
        <tbody>
          {attempts.map(node => (
            <tr key={node.id}>
              <td className="text-right">{node.index + 1}</td>
              <td className="hidden !whitespace-normal sm:table-cell" title={TYPE_WORDS[node.type]}>{TYPE_WORDS[node.type]}</td>
              <td title={node.codeVersion ?? undefined}>{node.worker?.name ?? 'gone'} {node.codeVersion && <span className="text-muted">{node.codeVersion}</span>}</td>
              <td className="hidden md:table-cell"><Instant at={node.startedAt} /></td>
              <td className="text-right"><Span from={node.startedAt} to={node.endedAt} /></td>
              <td className="max-md:!whitespace-normal" title={node.error?.message}>{node.endedAt ? <>{endWord(node.endReason)} <span className="text-muted">{node.error?.message}</span></> : <Current {...node} />}</td>
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

/** What was remembered and not asked for: the handler's code is another now. */
function Unused({ attempts }: { attempts: readonly Attempt[] }) {
  const unused = attempts.filter(({ unusedMemos }) => unusedMemos.length > 0)
  return unused.map(({ id, index, unusedMemos }) => (
    <p key={id} className="flex items-start gap-2 text-attention">
      <TriangleAlert size={15} aria-hidden="true" className="mt-0.5 shrink-0" />
      <span>Attempt {index + 1} did not ask for {unusedMemos.length === 1 ? 'a step' : `${unusedMemos.length} steps`} that {unusedMemos.length === 1 ? 'is' : 'are'} remembered, so that its code has changed: <span className="break-words font-mono text-[0.93rem]">{unusedMemos.join(', ')}</span></span>
    </p>
  ))
}
