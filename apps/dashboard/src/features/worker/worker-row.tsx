import { ChevronDown, ChevronRight, Unplug } from 'lucide-react'
import { useId } from 'react'
import { graphql, readFragment, type FragmentOf, type ResultOf } from '../../graphql/graphql.ts'
import { formatTicking } from '../../ui/duration.ts'
import { LongName } from '../../ui/long-name.tsx'
import { LookBadge, type Look } from '../../ui/look.tsx'
import { Meter } from '../../ui/meter.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import { useBroughtIntoView } from '../../ui/use-brought-into-view.ts'
import { useColumnCount } from '../../ui/use-column-count.ts'
import { addressOf } from '../addresses.ts'
import { WORKER_LOOKS } from '../looks.ts'
import { silenceOf } from '../silence.ts'
import { WorkerDetails, WorkerDetails_Worker } from './worker-details.tsx'
import { firstFew } from './worker-rules.ts'

export const WorkerRow_Worker = graphql(`
  fragment WorkerRow_Worker on Worker {
    id name state kinds lanes capacity leased codeVersion heartbeatAt heartbeatMs
    currentAttempts(first: 1) { id flow { id title } }
    ...WorkerDetails_Worker
  }
`, [WorkerDetails_Worker])

type Worker = ResultOf<typeof WorkerRow_Worker>
interface Props { worker: FragmentOf<typeof WorkerRow_Worker>; readAt: string; opened: boolean; onOpen(open: boolean): void }

const COLUMNS = { always: 3, md: 2, lg: 1, xl: 2 }

/** One worker, and its details below it while they are open. */
export function WorkerRow({ worker: masked, readAt, opened, onOpen }: Props) {
  const worker = readFragment(WorkerRow_Worker, masked)
  const detailsId = useId()
  const columns = useColumnCount(COLUMNS)
  const row = useBroughtIntoView(opened)
  const Icon = opened ? ChevronDown : ChevronRight
  const lanes = worker.lanes.length === 0 ? 'all' : worker.lanes.join(', ')
  return (
    <>
      <tr ref={row} className="scroll-mt-20">
        <td>
          <button
            type="button" data-row aria-expanded={opened} aria-controls={opened ? detailsId : undefined} aria-label={`Details of worker ${worker.name}`} onClick={() => onOpen(!opened)}
            className="flex min-h-6 max-w-full items-center gap-1 rounded font-medium hover:underline"
          >
            <Icon size={14} aria-hidden="true" className="shrink-0 text-muted" /><LongName name={worker.name} />
          </button>
        </td>
        <td><LookBadge look={lookOfWorker(worker, readAt)} /></td>
        <td className="hidden md:table-cell"><Names names={worker.kinds} /></td>
        <td className="hidden text-muted xl:table-cell" title={lanes}>{lanes}</td>
        <td><Leased leased={worker.leased} capacity={worker.capacity} /></td>
        <td className="hidden lg:table-cell"><FirstHeld worker={worker} onOpen={() => onOpen(true)} /></td>
        <td className="hidden text-muted xl:table-cell"><LongName name={worker.codeVersion ?? '–'} /></td>
        <td className="hidden text-right md:table-cell"><RelativeTime at={worker.heartbeatAt} /></td>
      </tr>
      {opened && <tr id={detailsId}><td colSpan={columns} className="!whitespace-normal !p-0"><WorkerDetails worker={worker} /></td></tr>}
    </>
  )
}

/** A worker that should have been heard by now is called silent, whatever state it was last known in. */
const lookOfWorker = (worker: Worker, readAt: string): Look => {
  const silence = worker.state === 'DEAD' ? null : silenceOf(worker, readAt)
  if (silence === null) return WORKER_LOOKS[worker.state]
  return { icon: Unplug, word: 'Silent', tone: 'attention', sentence: `Not heard for ${formatTicking(silence)}, more than two heartbeats. Soon it counts as lost, and its flows are tried again or fail.` }
}

function Leased({ leased, capacity }: { leased: number; capacity: number }) {
  const words = `${leased} of ${capacity}`
  return (
    <span className="flex items-center gap-2">
      <span className="shrink-0">{words}</span>
      <span className="hidden flex-1 lg:flex"><Meter used={leased} of={capacity} label={`${words} leased`} /></span>
    </span>
  )
}

function Names({ names }: { names: readonly string[] }) {
  const [few, more] = firstFew(names, 2)
  return <span title={names.join(', ')}>{few}{more > 0 && <span className="text-muted"> +{more}</span>}</span>
}

function FirstHeld({ worker, onOpen }: { worker: Worker; onOpen(): void }) {
  const [first] = worker.currentAttempts
  const more = worker.leased - (first ? 1 : 0)
  if (worker.leased === 0) return <span className="text-muted">nothing</span>
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      {first && <a href={addressOf.flow(first.flow.id)} title={first.flow.title} className="min-w-0 truncate">{first.flow.title}</a>}
      {more > 0 && <button type="button" onClick={onOpen} aria-label={`Show all that ${worker.name} holds`} className="min-h-6 shrink-0 rounded px-1 text-muted hover:underline">{first ? `+${more}` : `${more} of others`}</button>}
    </span>
  )
}
