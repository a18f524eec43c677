import { ArrowUpFromLine, MessageCircleQuestion } from 'lucide-react'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { useServerNow } from '../../ui/clock.ts'
import { formatDuration, formatTicking } from '../../ui/duration.ts'
import { LookBadge } from '../../ui/look.tsx'
import { ShortId } from '../../ui/short-id.tsx'
import { Elapsed, RelativeTime, Span } from '../../ui/time.tsx'
import { addressOf } from '../addresses.ts'
import { PHASE_LOOKS, STATUS_LOOKS, WAIT_KIND_LOOKS } from '../looks.ts'
import { addedToWhy, whyEnded } from '../end-sentence.ts'
import { TIME_WORDS } from '../time-words.ts'
import { lastWait, progressNow, silenceOfLease, sumsOf, type Sum } from './flow-times.ts'
import { SILENT_LOOK } from './slot-board.tsx'
import { FlowActionBar } from './flow-actions.tsx'
import { FlowLife_Flow } from './flow-life.tsx'
import { FlowActions_Flow } from './flow-rules.ts'

export const FlowHeader_Flow = graphql(`
  fragment FlowHeader_Flow on Flow {
    id title kind status phase isTerminal terminalReason overCap waitKind waitingSince createdAt queuedAt startedAt finishedAt deadlineAt notBefore
    lane { id name }
    openWaitpoint { id viewerMayAnswer }
    progress { percent message at }
    error { message }
    currentAttempt { id startedAt leaseExpiresAt worker { id heartbeatAt heartbeatMs } }
    attempts(first: 200) { edges { node { id index startedAt reportedAt endedAt } } }
    ...FlowActions_Flow
  }
`, [FlowActions_Flow])

type Header = ResultOf<typeof FlowHeader_Flow>

interface Props { flow: FragmentOf<typeof FlowHeader_Flow>; life: FragmentOf<typeof FlowLife_Flow>; readAt: string; onDeleted(): void }

/** Who it is, how it stands, how long it takes, and what can be done. readAt: the server's time when it was read. */
export function FlowHeader({ flow: masked, life, readAt, onDeleted }: Props) {
  const flow = readFragment(FlowHeader_Flow, masked)
  const silence = silenceOfLease(flow.currentAttempt, readAt)
  return (
    <header className="flex flex-col gap-3">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h1 className="m-0 break-words text-[1.5rem] font-semibold leading-tight">{flow.title}</h1>
          <p className="mt-1 flex flex-wrap items-center gap-x-3 text-muted">
            <ShortId id={flow.id} label="flow id" />
            <a className="text-muted" href={addressOf.flows({ kind: flow.kind })} title="List the flows of this kind">{flow.kind}</a>
            <span>lane <a href={addressOf.queue(flow.lane.name)}>{flow.lane.name}</a></span>
          </p>
        </div>
        <FlowActionBar flow={flow} onDeleted={onDeleted} />
      </div>
      <div className="flex flex-wrap items-center gap-x-5 gap-y-1" aria-live="polite">
        <span className="text-[1.1rem]"><LookBadge look={STATUS_LOOKS[flow.status]} /></span>
        {flow.phase && (silence === null || flow.phase === 'CANCELLING') && <LookBadge look={PHASE_LOOKS[flow.phase]} />}
        {flow.waitKind && <LookBadge look={WAIT_KIND_LOOKS[flow.waitKind]} />}
        {flow.waitingSince && <span className="text-muted">for <Elapsed since={flow.waitingSince} /></span>}
        {flow.openWaitpoint && <ToAnswer id={flow.id} mayAnswer={flow.openWaitpoint.viewerMayAnswer} />}
        {silence !== null && <Silent ms={silence} readAt={readAt} />}
        {flow.overCap && <span className="inline-flex items-center gap-1.5 font-medium text-attention"><ArrowUpFromLine size={14} aria-hidden="true" /> Started over the cap</span>}
        {flow.terminalReason && flow.status !== 'FAILED' && <span className="text-muted">{whyEnded(flow)}</span>}
      </div>
      {flow.status === 'FAILED' && <WhyFailed flow={flow} />}
      <Timers flow={flow} life={life} />
      <ProgressLine flow={flow} />
    </header>
  )
}

/** Until the next reading is there the clock goes on; a page that is read no more accuses nobody. */
const READ_WITHIN_MS = 5000

/** Stands for the phase: whether it still works, nobody knows. */
function Silent({ ms, readAt }: { ms: number; readAt: string }) {
  const sinceRead = Math.max(0, Math.min(useServerNow() - Date.parse(readAt), READ_WITHIN_MS))
  return <span className="inline-flex items-center gap-1 font-medium text-attention"><LookBadge look={SILENT_LOOK} /> <span aria-live="off">for {formatTicking(ms + sinceRead)}</span></span>
}

/** The failure's own words, of which the tab Overview has all; then what became of it. */
function WhyFailed({ flow }: { flow: Header }) {
  const why = whyEnded(flow)
  return (
    <p className="m-0 flex flex-wrap items-baseline gap-x-3">
      <strong className="line-clamp-2 min-w-0 max-w-full whitespace-pre-line break-words font-medium" title={why}>{why}</strong>
      <span className="text-muted">{addedToWhy(flow)}</span>
    </p>
  )
}

/** Leads to what it asks. */
function ToAnswer({ id, mayAnswer }: { id: string; mayAnswer: boolean }) {
  const look = mayAnswer ? 'border-accent bg-accent text-on-accent hover:brightness-110' : 'border-edge text-text hover:bg-sunken'
  return <a href={addressOf.flow(id, 'waits')} className={`inline-flex min-h-8 items-center gap-1.5 rounded-md border px-2.5 font-medium no-underline ${look}`}><MessageCircleQuestion size={15} aria-hidden="true" />{mayAnswer ? 'Answer' : 'What it asks'}</a>
}

function Timers({ flow, life }: { flow: Header; life: FragmentOf<typeof FlowLife_Flow> }) {
  const wait = lastWait(flow, flow.attempts.edges.at(-1)?.node ?? null)
  return (
    <dl className="m-0 flex flex-wrap gap-x-6 gap-y-1 text-[0.95rem]">
      <Timer name="Queued" title={TIME_WORDS.queued}>{wait ? <Span {...wait} /> : <Elapsed since={flow.queuedAt} />}</Timer>
      <Sums life={life} attempts={flow.attempts.edges.length} />
      {flow.startedAt && (flow.finishedAt
        ? <Timer name="Took" title={TIME_WORDS.took}><Span from={flow.startedAt} to={flow.finishedAt} /></Timer>
        : <Timer name="Started" title="When it first began"><RelativeTime at={flow.startedAt} /></Timer>)}
      {flow.finishedAt && <Timer name="Ended"><RelativeTime at={flow.finishedAt} /></Timer>}
      {!flow.isTerminal && flow.notBefore && <Timer name="Not before"><RelativeTime at={flow.notBefore} /></Timer>}
      {!flow.isTerminal && flow.deadlineAt && <Timer name="Deadline"><RelativeTime at={flow.deadlineAt} /></Timer>}
    </dl>
  )
}

/** Only where they say more than how long it took: of what waited, or was tried again. Not of a life too long to be read whole. */
function Sums({ life, attempts }: { life: FragmentOf<typeof FlowLife_Flow>; attempts: number }) {
  const { milestones } = readFragment(FlowLife_Flow, life)
  const { worked, waited } = sumsOf(milestones.edges.map(({ node }) => node))
  const hasWaited = waited.ms > 0 || waited.since !== null
  if (milestones.pageInfo.hasNextPage || (attempts < 2 && !hasWaited)) return null
  return (
    <>
      <Timer name="Worked" title={TIME_WORDS.worked}><Counted {...worked} />{attempts > 1 && ` in ${attempts} attempts`}</Timer>
      {hasWaited && <Timer name="Waited for an answer" title={TIME_WORDS.waited}><Counted {...waited} /></Timer>}
    </>
  )
}

function Counted({ ms, since }: Sum) {
  const now = useServerNow()
  return since === null ? formatDuration(ms) : formatTicking(ms + Math.max(0, now - Date.parse(since)))
}

function Timer({ name, title, children }: { name: string; title?: string; children: React.ReactNode }) {
  return <div className="flex gap-1.5" title={title}><dt className="text-muted">{name}</dt><dd className="m-0 font-medium">{children}</dd></div>
}

function ProgressLine({ flow }: { flow: Header }) {
  const progress = progressNow(flow)
  if (progress === null) return null
  const { percent, message } = progress
  return (
    <div className="flex items-center gap-3">
      {percent !== null && (
        <div role="progressbar" aria-label="Progress" aria-valuenow={percent} aria-valuemin={0} aria-valuemax={100} className="h-2.5 max-w-md flex-1 overflow-hidden rounded-full border border-edge bg-sunken">
          <div className="h-full bg-busy" style={{ width: `${percent}%` }} />
        </div>
      )}
      {percent !== null && <span>{percent} %</span>}
      {message && <span className="text-muted">{message}</span>}
    </div>
  )
}
