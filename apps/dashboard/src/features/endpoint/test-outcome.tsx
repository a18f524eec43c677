import { useMemo } from 'react'
import { graphql } from '../../graphql/graphql.ts'
import { useLive } from '../../graphql/use-live.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { formatDuration } from '../../ui/duration.ts'
import { Loaded } from '../../ui/loaded.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { ExpectedTime } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { sentenceOfFailure } from '../failure-words.ts'
import { DELIVERY_LOOKS } from '../looks.ts'

const TestOutcome_Query = graphql(`
  query TestOutcome($id: ID!) {
    node(id: $id) {
      __typename id
      ... on WebhookDelivery { id state attemptCount nextAttemptAt lastError attempts { n statusCode durationMs endedAt } }
    }
  }
`)

const TestOutcome_Changed = graphql(`
  subscription TestOutcomeChanged($filter: WebhookDeliveryFilter!) {
    webhookDeliveryChanged(filter: $filter) { cursor kind gap end delivery { id state attemptCount nextAttemptAt lastError } }
  }
`)

interface Props { delivery: { id: string; createdAt: string }; endpoint: { id: string } }

/** The row of the delivery of a test, as it becomes. */
export function TestOutcome({ delivery: { id, createdAt }, endpoint }: Props) {
  const filter = useMemo(() => ({ filter: { endpoint: [endpoint.id], trigger: ['TEST' as const], createdAfter: createdAt } }), [endpoint, createdAt])
  const live = useLive({ subscription: TestOutcome_Changed, variables: filter, item: data => data.webhookDeliveryChanged, onChange: () => page.refresh() })
  const page = useLoaded({ query: TestOutcome_Query, variables: useMemo(() => ({ id }), [id]), ready: live.ready })
  return (
    <div className="rounded-md border border-line p-3" aria-live="polite">
      <Loaded state={page}>
        {({ node }) => node?.__typename === 'WebhookDelivery' && (
          <div className="flex flex-col gap-1">
            <p className="flex flex-wrap items-center gap-x-4">
              <LookBadge look={DELIVERY_LOOKS[node.state]} />
              <span>{node.attemptCount === 1 ? '1 attempt' : `${node.attemptCount} attempts`}</span>
              {node.nextAttemptAt && <span>next <ExpectedTime at={node.nextAttemptAt} /></span>}
              <a href={addressOf.delivery(id)} className="ml-auto">Open the delivery</a>
            </p>
            <p className="text-muted">{whatCame(node)}</p>
          </div>
        )}
      </Loaded>
    </div>
  )
}

interface Came { lastError: string | null; attempts: readonly { statusCode: number | null; durationMs: number; endedAt: string | null }[] }

const whatCame = ({ lastError, attempts }: Came): string => {
  const last = attempts.at(-1)
  if (lastError !== null) return sentenceOfFailure(lastError)
  if (last == null || last.endedAt === null || last.statusCode === null) return 'There is no answer yet.'
  return `The receiver answered ${last.statusCode} after ${formatDuration(last.durationMs)}.`
}
