import { CircleAlert, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { graphql, readFragment, type FragmentOf } from '../../graphql/graphql.ts'
import { TONE_TEXT } from '../../ui/tone.ts'
import { addressOf } from '../addresses.ts'
import { differingVersions, lacksDispatcher } from './worker-rules.ts'

export const WorkerAlarms_UnservedQueue = graphql(`
  fragment WorkerAlarms_UnservedQueue on UnservedQueue { kind queued lane { id name state } }
`)
export const WorkerAlarms_ServerProcess = graphql(`
  fragment WorkerAlarms_ServerProcess on ServerProcess { id version roles }
`)

interface Props { unserved: readonly FragmentOf<typeof WorkerAlarms_UnservedQueue>[]; servers: readonly FragmentOf<typeof WorkerAlarms_ServerProcess>[] }

const SHOWN = 8

/** What needs somebody: flows that no worker will take, and control planes that do not do all of the work. Nothing where nothing does. */
export function WorkerAlarms({ unserved: maskedQueues, servers: maskedServers }: Props) {
  const unserved = maskedQueues.map(one => readFragment(WorkerAlarms_UnservedQueue, one))
  const servers = maskedServers.map(one => readFragment(WorkerAlarms_ServerProcess, one))
  const versions = differingVersions(servers)
  const none = unserved.length === 0 && versions.length === 0 && !lacksDispatcher(servers)
  return (
    <section aria-label="What needs you" aria-live="polite" className={none ? 'sr-only' : 'panel flex flex-col gap-1 p-3'}>
      {lacksDispatcher(servers) && <Alarm tone="bad">No control plane is dispatcher: leases of lost workers are not taken back, and deadlines do not end flows. Start one with <code>ROLES=api,dispatcher</code>.</Alarm>}
      {unserved.slice(0, SHOWN).map(({ kind, queued, lane }) => (
        <Alarm key={`${lane?.name} ${kind}`} tone="bad">
          <a href={addressOf.flows({ kind, lane: lane?.name, status: 'QUEUED' })} className="font-medium">{queued} queued</a> of kind <b className="font-medium">{kind}</b> in lane {lane?.name ?? '–'}, and no live worker handles it there{lane?.state === 'PAUSED' && ' (the lane is paused as well)'}.
        </Alarm>
      ))}
      {unserved.length > SHOWN && <p className="text-muted">and {unserved.length - SHOWN} more kinds without a worker</p>}
      {versions.length > 0 && <Alarm tone="attention">Control planes run different versions: {versions.join(', ')}. That is meant for the time of an upgrade only.</Alarm>}
    </section>
  )
}

function Alarm({ tone, children }: { tone: 'bad' | 'attention'; children: ReactNode }) {
  const Icon = tone === 'bad' ? CircleAlert : TriangleAlert
  return <p className="m-0 flex items-start gap-2"><Icon size={16} aria-hidden="true" className={`mt-0.5 shrink-0 ${TONE_TEXT[tone]}`} /><span className="min-w-0 break-words">{children}</span></p>
}
