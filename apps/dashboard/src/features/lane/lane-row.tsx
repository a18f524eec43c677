import { ArrowUpFromLine, ChevronDown, ChevronRight } from 'lucide-react'
import { useId } from 'react'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { LongName } from '../../ui/long-name.tsx'
import { LookBadge } from '../../ui/look.tsx'
import { Meter } from '../../ui/meter.tsx'
import { Elapsed, RelativeTime } from '../../ui/time.tsx'
import { useBroughtIntoView } from '../../ui/use-brought-into-view.ts'
import { useColumnCount } from '../../ui/use-column-count.ts'
import { addressOf } from '../addresses.ts'
import { LANE_LOOKS } from '../looks.ts'
import { LaneActions, LaneActions_Lane } from './lane-actions.tsx'
import { LaneDetails, LaneDetails_Lane } from './lane-details.tsx'

export const LaneRow_Lane = graphql(`
  fragment LaneRow_Lane on Lane {
    id name state stateReason stateAt
    stateBy { id name }
    cap { maxActive setAt setBy { id name } }
    stats { queued running waiting slotsHeld slotsHeldByWaiting oldestQueuedAt finishedLastMinute failedLastMinute }
    ...LaneActions_Lane ...LaneDetails_Lane
  }
`, [LaneActions_Lane, LaneDetails_Lane])

type Lane = ResultOf<typeof LaneRow_Lane>
interface Props { lane: FragmentOf<typeof LaneRow_Lane>; opened: boolean; onOpen(open: boolean): void; onCap(): void; onDone(): void }

const COLUMNS = { always: 4, md: 2, lg: 3, xl: 1 }

/** One lane, and its details below it while they are open. */
export function LaneRow({ lane: masked, opened, onOpen, onCap, onDone }: Props) {
  const lane = readFragment(LaneRow_Lane, masked)
  const { stats } = lane
  const columns = useColumnCount(COLUMNS)
  const row = useBroughtIntoView(opened)
  const detailsId = useId()
  return (
    <>
      <tr ref={row} className="scroll-mt-20">
        <td>
          <span className="flex min-w-0 flex-col items-start sm:flex-row sm:items-center sm:gap-2">
            <LaneName lane={lane} opened={opened} detailsId={detailsId} onOpen={onOpen} />
            <span className="pl-[1.3rem] sm:pl-0"><LookBadge look={LANE_LOOKS[lane.state]} /></span>
          </span>
          {lane.state !== 'OPEN' && <StateLine lane={lane} />}
        </td>
        <td className="text-right"><LaneSlots held={stats.slotsHeld} byWaiting={stats.slotsHeldByWaiting} cap={lane.cap?.maxActive ?? 0} /></td>
        <td className="text-right"><Count of={stats.queued} href={addressOf.queue(lane.name)} label={`${stats.queued} queued in lane ${lane.name}: show the queue`} /></td>
        <td className="hidden text-right md:table-cell"><Count of={stats.running} /></td>
        <td className="hidden text-right lg:table-cell"><Count of={stats.waiting} /></td>
        <td className="hidden text-right md:table-cell">{stats.oldestQueuedAt ? <Elapsed since={stats.oldestQueuedAt} /> : <span className="text-muted">–</span>}</td>
        <td className="hidden text-right lg:table-cell"><Count of={stats.finishedLastMinute} /></td>
        <td className="hidden text-right text-bad lg:table-cell">
          <Count of={stats.failedLastMinute} href={addressOf.ended('failed', lane.name)} label={`${stats.failedLastMinute} failed in lane ${lane.name} in the last minute: list those that failed`} />
        </td>
        <td className="hidden xl:table-cell"><CapOrigin cap={lane.cap} /></td>
        <td className="!px-1 text-right"><LaneActions lane={lane} onCap={onCap} onDone={onDone} /></td>
      </tr>
      {opened && <tr id={detailsId}><td colSpan={columns} className="!whitespace-normal !p-0"><LaneDetails lane={lane} /></td></tr>}
    </>
  )
}

function LaneName({ lane, opened, detailsId, onOpen }: { lane: Lane; opened: boolean; detailsId: string; onOpen(open: boolean): void }) {
  const Icon = opened ? ChevronDown : ChevronRight
  return (
    <button
      type="button" data-row aria-expanded={opened} aria-controls={opened ? detailsId : undefined} aria-label={`Details of lane ${lane.name}`} onClick={() => onOpen(!opened)}
      className="flex min-h-6 min-w-0 max-w-full items-center gap-1 rounded font-medium hover:underline"
    >
      <Icon size={14} aria-hidden="true" className="shrink-0 text-muted" /><LongName name={lane.name} />
    </button>
  )
}

/** A count that leads to what it counts; nothing is told quietly. */
function Count({ of, href, label }: { of: number; href?: string; label?: string }) {
  if (of === 0) return <span className="text-muted">0</span>
  return href === undefined ? of : <a href={href} aria-label={label} className="text-inherit">{of}</a>
}

function StateLine({ lane }: { lane: Lane }) {
  const reason = lane.stateReason ?? 'No reason was given'
  return (
    <span className="block truncate pb-1.5 pl-[1.3rem] text-[0.93rem] text-muted" title={reason}>
      {reason}{lane.stateBy && `, ${lane.stateBy.name}`}{lane.stateAt && <>, <RelativeTime at={lane.stateAt} /></>}
    </span>
  )
}

function LaneSlots({ held, byWaiting, cap }: { held: number; byWaiting: number; cap: number }) {
  const over = cap > 0 && held > cap
  const words = cap > 0 ? `${held} of ${cap}` : String(held)
  return (
    <span className="flex items-center justify-end gap-2" title={byWaiting > 0 ? `${words}; ${byWaiting} of them by flows that wait` : words}>
      {cap > 0 && <span className="hidden flex-1 lg:flex"><Meter used={held} of={cap} label={`${words} slots of the lane held`} /></span>}
      {byWaiting > 0 && <span className="hidden shrink-0 text-[0.93rem] text-muted sm:inline">{byWaiting} waiting</span>}
      <span className={`inline-flex shrink-0 items-center gap-1 ${over ? 'font-semibold text-attention' : ''}`}>
        {over && <ArrowUpFromLine size={13} aria-hidden="true" />}{words}{over && <span className="sr-only font-normal sm:not-sr-only">over</span>}
      </span>
    </span>
  )
}

function CapOrigin({ cap }: { cap: Lane['cap'] }) {
  if (!cap) return <span className="text-muted">none of its own</span>
  return (
    <span className="text-muted">
      <span className="text-text">{cap.maxActive > 0 ? cap.maxActive : 'off'}</span>{cap.setBy && `, ${cap.setBy.name}`}{cap.setAt && <>, <RelativeTime at={cap.setAt} /></>}
    </span>
  )
}
