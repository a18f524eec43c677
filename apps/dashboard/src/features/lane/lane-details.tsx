import type { ReactNode } from 'react'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { Fact } from '../../ui/figure.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { formatInstant } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { LANE_LOOKS } from '../looks.ts'
import { FIELD_WORDS, fieldsOf, valueWords, type LaneFields } from './lane-fields.ts'

export const LaneDetails_Lane = graphql(`
  fragment LaneDetails_Lane on Lane {
    id name state stateReason stateAt waitingHoldsSlot defaults version
    stateBy { id name }
    cap { maxActive active setAt reason setBy { id name } }
    stats { slotsHeld slotsHeldByWaiting running waiting }
  }
`)

type Lane = ResultOf<typeof LaneDetails_Lane>

const SETTINGS = Object.keys(FIELD_WORDS) as (keyof LaneFields)[]

/** Everything about a lane that its row has no room for. */
export function LaneDetails({ lane: masked }: { lane: FragmentOf<typeof LaneDetails_Lane> }) {
  const lane = readFragment(LaneDetails_Lane, masked)
  const fields = fieldsOf(lane)
  const { slotsHeld, slotsHeldByWaiting, running, waiting } = lane.stats
  return (
    <div className="grid gap-x-8 bg-sunken px-4 py-2 lg:grid-cols-2">
      <dl className="m-0">
        <Fact name="State">{LANE_LOOKS[lane.state].word}: {LANE_LOOKS[lane.state].sentence} <Set by={lane.stateBy?.name} at={lane.stateAt} reason={lane.stateReason} /></Fact>
        <Fact name="Cap">{capWords(lane)} <Set by={lane.cap?.setBy?.name} at={lane.cap?.setAt ?? null} reason={lane.cap?.reason ?? null} /></Fact>
        <Fact name="Slots held">{slotsHeld}, of these {slotsHeldByWaiting} by flows that wait ({running} running, {waiting} waiting)</Fact>
        <Fact name="Show">
          <span className="flex flex-wrap gap-x-4">
            <a href={addressOf.queue(lane.name)}>Its queue</a><a href={addressOf.flows({ lane: lane.name })}>Its flows</a><a href={addressOf.ended('failed', lane.name)}>What failed</a>
          </span>
        </Fact>
      </dl>
      <dl className="m-0">
        {SETTINGS.map(name => <Fact key={name} wide name={FIELD_WORDS[name]}>{valueWords(fields, name)}</Fact>)}
        <Fact wide name="Version">{lane.version} <ShortId id={lane.id} label="lane id" /></Fact>
      </dl>
    </div>
  )
}

const capWords = ({ cap }: Lane): ReactNode => {
  if (!cap) return 'none of its own'
  return cap.maxActive === 0 ? 'switched off' : `${cap.active} of ${cap.maxActive} in use`
}

function Set({ by, at, reason }: { by: string | undefined; at: string | null; reason: string | null }) {
  if (at === null) return null
  return <span className="text-muted">(set{by !== undefined && ` by ${by}`}, {formatInstant(at)}{reason !== null && `: ${reason}`})</span>
}
