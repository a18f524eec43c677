import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { LookBadge } from '../../ui/look.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { ExpectedTime, RelativeTime } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { nameOfEndpoint } from '../endpoint-name.ts'
import { sentenceOfFailure } from '../failure-words.ts'
import { DELIVERY_LOOKS, TRIGGER_LOOKS } from '../looks.ts'
import { ReplayButton, ReplayButton_Delivery } from './replay-button.tsx'

export const DeliveryHeader_Delivery = graphql(`
  fragment DeliveryHeader_Delivery on WebhookDelivery {
    id eventType state trigger attemptCount nextAttemptAt lastError createdAt endedAt
    flow { id title }
    endpoint { id name urlRedacted }
    ...ReplayButton_Delivery
  }
`, [ReplayButton_Delivery])

/** What it tells, to whom, how that stands, and how to send it again. */
export function DeliveryHeader({ delivery: masked }: { delivery: FragmentOf<typeof DeliveryHeader_Delivery> }) {
  const delivery = readFragment(DeliveryHeader_Delivery, masked)
  const { state, attemptCount, nextAttemptAt, lastError, endedAt, endpoint, flow } = delivery
  return (
    <header className="flex flex-col gap-3">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h1 className="m-0 break-words text-[1.5rem] font-semibold leading-tight"><span className="font-mono text-[1.35rem]">{delivery.eventType}</span> to {nameOfEndpoint(endpoint)}</h1>
          <p className="mt-1 flex flex-wrap items-center gap-x-3 text-muted">
            <ShortId id={delivery.id} label="delivery id" />
            {flow && <span className="min-w-0 break-words">of <a href={addressOf.flow(flow.id)}>{flow.title}</a></span>}
            {delivery.trigger !== 'AUTO' && <LookBadge look={TRIGGER_LOOKS[delivery.trigger]} />}
          </p>
        </div>
        <ReplayButton delivery={delivery} />
      </div>
      <div className="flex flex-wrap items-center gap-x-5 gap-y-1" aria-live="polite">
        <span className="text-[1.1rem]"><LookBadge look={DELIVERY_LOOKS[state]} /></span>
        <span>{attemptCount === 1 ? '1 attempt' : `${attemptCount} attempts`}</span>
        {nextAttemptAt && <span>{attemptCount === 0 ? 'first' : 'next'} <ExpectedTime at={nextAttemptAt} /></span>}
        <span className="text-muted">{lastError === null ? DELIVERY_LOOKS[state].sentence : sentenceOfFailure(lastError)}</span>
        {endedAt && <span className="text-muted">Ended <RelativeTime at={endedAt} />.</span>}
      </div>
    </header>
  )
}
