import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { formatDuration } from '../../ui/duration.ts'
import { LookBadge } from '../../ui/look.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Elapsed, Instant } from '../../ui/time.tsx'
import { AttemptDetails, AttemptDetails_Attempt } from './attempt-details.tsx'
import { outcomeOf } from './attempt-outcome.ts'

export const DeliveryAttempts_Delivery = graphql(`
  fragment DeliveryAttempts_Delivery on WebhookDelivery {
    id
    attempts { n startedAt endedAt durationMs address statusCode errorClass ...AttemptDetails_Attempt }
  }
`, [AttemptDetails_Attempt])

interface Props {
  delivery: FragmentOf<typeof DeliveryAttempts_Delivery>
  /** Which attempt is opened; absent = the latest. */
  opened: number | undefined
  onOpen(n: number | undefined): void
}

/** Every attempt in a line, the opened one whole below them. */
export function DeliveryAttempts({ delivery: masked, opened, onOpen }: Props) {
  const { attempts } = readFragment(DeliveryAttempts_Delivery, masked)
  const latest = attempts.at(-1)
  const shown = attempts.find(({ n }) => n === opened) ?? latest
  if (!shown || !latest) return <Panel title="Attempts"><p className="text-muted">None yet: the first begins when its turn comes.</p></Panel>
  return (
    <Panel flush title="Attempts" aside={<span className="text-muted">{attempts.length === 1 ? 'one' : attempts.length} so far</span>}>
      <table className="rows">
        <caption className="sr-only">Attempts</caption>
        <thead>
          <tr>
            <th scope="col" className="w-14 text-right">#</th>
            <th scope="col" className="w-32 sm:w-36">Outcome</th>
            <th scope="col" className="hidden sm:table-cell">What it means</th>
            <th scope="col" className="w-32">Started</th>
            <th scope="col" className="w-20 text-right">Took</th>
            <th scope="col" className="hidden w-48 lg:table-cell">Connected to</th>
          </tr>
        </thead>
        <tbody>
          {attempts.map(attempt => {
            const look = outcomeOf(attempt)
            return (
              <tr key={attempt.n} aria-selected={attempt.n === shown.n} className="aria-selected:bg-accent/10">
                <td className="text-right"><button type="button" data-row aria-label={`Attempt ${attempt.n}`} aria-pressed={attempt.n === shown.n} onClick={() => onOpen(attempt.n === latest.n ? undefined : attempt.n)} className="min-h-6 min-w-8 rounded px-1 text-right font-medium underline-offset-2 hover:underline">{attempt.n}</button></td>
                <td><LookBadge look={look} /></td>
                <td className="hidden text-muted sm:table-cell" title={look.sentence}>{look.sentence}</td>
                <td><Instant at={attempt.startedAt} /></td>
                <td className="text-right">{attempt.endedAt === null ? <Elapsed since={attempt.startedAt} /> : formatDuration(attempt.durationMs)}</td>
                <td className="hidden font-mono text-[0.93rem] lg:table-cell" title={attempt.address ?? undefined}>{attempt.address ?? <span className="font-sans text-muted">no connection</span>}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
      <AttemptDetails attempt={shown} n={shown.n} />
    </Panel>
  )
}
