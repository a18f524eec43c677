import { ArrowUpFromLine, Square, Unplug } from 'lucide-react'
import { useRef } from 'react'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { formatTicking } from '../../ui/duration.ts'
import type { Look } from '../../ui/look.tsx'
import { Elapsed } from '../../ui/time.tsx'
import { TONE_FILL, TONE_TEXT } from '../../ui/tone.ts'
import { addressOf } from '../addresses.ts'
import { lookOf, STATUS_LOOKS, WAIT_KIND_LOOKS } from '../looks.ts'
import { progressNow, silenceOfLease, workingSince } from './flow-times.ts'
import { placeInCells } from './slot-cells.ts'

export const SlotBoard_Flow = graphql(`
  fragment SlotBoard_Flow on Flow {
    id title kind status phase queuedAt startedAt waitKind waitingSince
    progress { percent message at }
    currentAttempt { id startedAt reportedAt leaseExpiresAt worker { id heartbeatAt heartbeatMs } }
  }
`)

type Holder = ResultOf<typeof SlotBoard_Flow> & { silence: number | null }

/** Above this many slots, cells would say less than a bar. */
const CELLS_MAX = 200
/** Up to this many cells have room for words. */
const WORDED_MAX = 40
const LISTED = 8

/** readAt: the server's time when the holders were read. */
interface Props { holders: readonly FragmentOf<typeof SlotBoard_Flow>[]; cap: number; held: number; readAt: string }

/** One cell per slot of the cap, filled by the flow that holds it; with a large cap a bar, without one a count, and the oldest holders. */
export function SlotBoard({ holders: masked, cap, held, readAt }: Props) {
  const holders = masked.map(one => readFragment(SlotBoard_Flow, one)).map(flow => ({ ...flow, silence: silenceOfLease(flow.currentAttempt, readAt) }))
  if (cap === 0 || Math.max(cap, held) > CELLS_MAX) return <SlotBar holders={holders} cap={cap} held={held} />
  return <SlotCells holders={holders} cap={cap} />
}

function SlotCells({ holders, cap }: { holders: Holder[]; cap: number }) {
  // A flow keeps its cell while it runs, so that the eye can follow it.
  const places = useRef<readonly (string | null)[]>([])
  places.current = placeInCells(places.current, holders.map(flow => flow.id), cap)
  const byId = new Map(holders.map(flow => [flow.id, flow]))
  const worded = places.current.length <= WORDED_MAX
  const columns = worded ? 'grid-cols-[repeat(auto-fill,minmax(12rem,1fr))]' : 'grid-cols-[repeat(auto-fill,minmax(2rem,1fr))]'
  return (
    <ul aria-label="Slots" className={`m-0 grid list-none gap-1.5 p-0 ${columns}`}>
      {places.current.map((id, at) => {
        const flow = id === null ? undefined : byId.get(id)
        return <li key={at}>{flow ? <HeldCell flow={flow} worded={worded} over={at >= cap} /> : <FreeCell worded={worded} number={at + 1} />}</li>
      })}
    </ul>
  )
}

function FreeCell({ worded, number }: { worded: boolean; number: number }) {
  return (
    <div className={`flex items-center gap-1.5 rounded-md border border-dashed border-edge text-muted ${worded ? 'h-14 px-2.5' : 'h-8 justify-center'}`} title={`Slot ${number} is free`}>
      {worded ? 'Free' : <><Square size={12} aria-hidden="true" /><span className="sr-only">Free</span></>}
    </div>
  )
}

function HeldCell({ flow, worded, over }: { flow: Holder; worded: boolean; over: boolean }) {
  const look = lookOfCell(flow, over)
  const percent = progressNow(flow)?.percent ?? null
  const Icon = look.icon
  const frame = `relative flex overflow-hidden rounded-md border bg-surface no-underline hover:bg-sunken ${over ? 'border-2 border-attention' : 'border-edge'}`
  if (!worded) {
    return (
      <a href={addressOf.flow(flow.id)} className={`${frame} h-8 items-center justify-center ${TONE_TEXT[look.tone]}`} title={`${flow.title}: ${look.word}`}>
        <Icon size={14} aria-hidden="true" /><span className="sr-only">{flow.title}: {look.word}</span>
      </a>
    )
  }
  return (
    <a href={addressOf.flow(flow.id)} className={`${frame} h-14 flex-col justify-center px-2.5 text-text`} title={flow.title}>
      <span className="truncate font-medium">{flow.title}</span>
      <span className={`flex items-center gap-1.5 text-[0.9rem] ${TONE_TEXT[look.tone]}`}>
        <Icon size={13} aria-hidden="true" className="shrink-0" />
        <span className="truncate" title={look.sentence}>{look.word}</span>
        <span className="ml-auto shrink-0 text-muted">{flow.silence === null ? <Elapsed since={flow.waitingSince ?? workingSince(flow)} /> : ` for ${formatTicking(flow.silence)}`}</span>
      </span>
      {percent !== null && (
        <span className={`absolute bottom-0 left-0 h-1 ${TONE_FILL[look.tone]}`} style={{ width: `${percent}%` }}>
          <span className="sr-only">, {percent} percent done</span>
        </span>
      )}
    </a>
  )
}

const lookOfCell = (flow: Holder, over: boolean): Look => {
  if (flow.silence !== null) return SILENT_LOOK
  const look = flow.waitKind === null ? lookOf(flow) : waitingLook(WAIT_KIND_LOOKS[flow.waitKind])
  return over ? overCapLook(look) : look
}

/** A worker that has not been heard: its lease, and with it the flow, may soon be taken away. */
export const SILENT_LOOK: Look = {
  icon: Unplug, word: 'Worker silent', tone: 'attention', sentence: 'Its worker was not heard for more than two heartbeats. When its lease ends, the flow is tried again or fails.',
}

/** It holds its slot while it asks: that is what others wait for. */
const waitingLook = (kind: Look): Look => ({ ...STATUS_LOOKS.WAITING, word: kind.word, sentence: `It waits. ${kind.sentence} It keeps its slot meanwhile.` })

const overCapLook = (look: Look): Look => ({ icon: ArrowUpFromLine, word: 'Over the cap', tone: 'attention', sentence: `${look.word}. It was started over the cap, or the cap was lowered since.` })

function SlotBar({ holders, cap, held }: { holders: Holder[]; cap: number; held: number }) {
  const slots = held === 1 && cap === 0 ? 'slot' : 'slots'
  const words = cap === 0 ? `${held} ${slots} held; there is no cap` : `${held} of ${cap} ${slots} held`
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-3">
        {cap > 0 && (
          <div role="img" aria-label={words} className="h-3 flex-1 overflow-hidden rounded-full border border-edge bg-sunken">
            <div className={`h-full ${held > cap ? 'bg-attention' : 'bg-busy'}`} style={{ width: `${Math.min(100, (100 * held) / cap)}%` }} />
          </div>
        )}
        <span className="text-muted">{words}</span>
      </div>
      {holders.length > 0 && (
        <ul aria-label="Oldest holders" className="m-0 grid list-none grid-cols-[repeat(auto-fill,minmax(11rem,1fr))] gap-1.5 p-0">
          {holders.slice(0, LISTED).map(flow => <li key={flow.id}><HeldCell flow={flow} worded over={false} /></li>)}
        </ul>
      )}
      {held > LISTED && <p className="text-[0.93rem] text-muted">The {LISTED} that have held a slot longest are shown.</p>}
    </div>
  )
}
