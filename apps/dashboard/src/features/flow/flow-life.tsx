import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { useServerNow } from '../../ui/clock.ts'
import { formatDuration, formatTicking } from '../../ui/duration.ts'
import { formatInstant } from '../../ui/time.tsx'
import { TONE_FILL, TONE_TEXT } from '../../ui/tone.ts'
import { segmentsOf, type Segment } from './life-segments.ts'

export const FlowLife_Flow = graphql(`
  fragment FlowLife_Flow on Flow {
    id
    milestones: events(first: 200) { edges { node { sequence status phase at payload } } pageInfo { hasNextPage } }
  }
`)

/** A stretch too short to be seen is still drawn this wide, in percent. */
const LEAST_WIDTH = 1.5

/** The drawn life of a flow: queued, each attempt, each wait, the end. The same in words stands below. */
export function FlowLife({ flow: masked }: { flow: FragmentOf<typeof FlowLife_Flow> }) {
  const { milestones } = readFragment(FlowLife_Flow, masked)
  const now = useServerNow()
  const segments = segmentsOf(milestones.edges.map(edge => edge.node))
  if (segments.length === 0) return null
  return (
    <section aria-label="Life" className="panel flex flex-col gap-3 p-3">
      <div aria-hidden="true" className="flex h-6 w-full gap-0.5">
        {segments.map(segment => <Stretch key={segment.sequence} segment={segment} now={now} />)}
      </div>
      <ol className="m-0 flex list-none flex-wrap gap-x-5 gap-y-1.5 p-0">
        {segments.map(segment => <Step key={segment.sequence} segment={segment} now={now} />)}
      </ol>
      {milestones.pageInfo.hasNextPage && <p className="text-[0.93rem] text-muted">The first 200 events are drawn; the tab Events has them all.</p>}
    </section>
  )
}

const lengthOf = ({ from, to }: Segment, now: number) => Math.max(0, (to === null ? now : Date.parse(to)) - Date.parse(from))

function Stretch({ segment, now }: { segment: Segment; now: number }) {
  const thin = segment.status === 'QUEUED' || segment.status === 'WAITING'
  if (segment.from === segment.to) return <div title={segment.look.word} className={`h-full w-2 shrink-0 rounded-sm ${TONE_FILL[segment.look.tone]}`} />
  return (
    <div
      title={`${segment.look.word}${segment.asked === null ? '' : ` for ${segment.asked}`}: ${formatDuration(lengthOf(segment, now))}`}
      style={{ flexGrow: lengthOf(segment, now) + 1, minWidth: `${LEAST_WIDTH}%` }}
      className={`h-full basis-0 rounded-sm ${thin ? 'my-1.5 !h-3 opacity-60' : ''} ${TONE_FILL[segment.look.tone]} ${segment.to === null ? 'rounded-r-none' : ''}`}
    />
  )
}

function Step({ segment, now }: { segment: Segment; now: number }) {
  const Icon = segment.look.icon
  const length = segment.to === null ? formatTicking(lengthOf(segment, now)) : formatDuration(lengthOf(segment, now))
  return (
    <li className="flex items-center gap-1.5" title={formatInstant(segment.from)}>
      <Icon size={14} aria-hidden="true" className={TONE_TEXT[segment.look.tone]} />
      <span className="font-medium">{segment.look.word}</span>
      {segment.attempt !== null && segment.attempt > 1 && <span className="text-muted">attempt {segment.attempt}</span>}
      {segment.asked !== null && <span className="font-mono text-[0.93rem] text-muted">{segment.asked}</span>}
      {segment.from !== segment.to && <span className="text-muted">{length}{segment.to === null ? ' so far' : ''}</span>}
    </li>
  )
}
