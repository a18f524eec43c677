import type { Pool } from '@sluice/db'
import { deliveryFigures, readGauges, type DeliveryFigures, type Gauges } from '@sluice/engine'
import { FLOW_STATUSES } from '@sluice/protocol'
import { METRICS, type Metric } from './metric-table.ts'

type Labels = Record<string, string>
type Sample = [labels: Labels, value: number]

/** However many scrape, the database is asked at most this often. */
const FRESH_MS = 1000

/** The figures of the whole database in the text format of Prometheus. Never throws: what cannot be read is said by sluice_database_read 0. */
export function databaseMetrics({ pool, now = () => performance.now() }: { pool: Pool; now?: () => number }): () => Promise<string> {
  let asked: { at: number; text: Promise<string> } | undefined
  return () => {
    if (!asked || now() - asked.at >= FRESH_MS) asked = { at: now(), text: read(pool).then(textOf, () => exposed(METRICS.databaseRead, [[{}, 0]])) }
    return asked.text
  }
}

interface Figures { gauges: Gauges; deliveries: DeliveryFigures }

// One after the other: a scrape takes one connection of the hot ones.
const read = async (pool: Pool): Promise<Figures> => ({ gauges: await readGauges(pool), deliveries: await deliveryFigures(pool) })

function textOf({ gauges, deliveries }: Figures): string {
  const { words, lanes, kinds, slots, workers } = gauges
  const all: [Metric, Sample[]][] = [
    [METRICS.databaseRead, [[{}, 1]]],
    [METRICS.flows, FLOW_STATUSES.map((status) => [{ status }, words[status] ?? 0])],
    [METRICS.flowEvents, (['queued', 'started', 'finished', 'failed'] as const).map((event) => [{ event }, words[event] ?? 0])],
    [METRICS.laneFlows, lanes.flatMap((lane) => standing(lane, { lane: lane.name }))],
    [METRICS.laneAge, lanes.map((lane) => [{ lane: lane.name }, lane.oldestQueuedSeconds])],
    [METRICS.laneSlots, lanes.map((lane) => [{ lane: lane.name }, lane.slots])],
    [METRICS.laneCap, lanes.map((lane) => [{ lane: lane.name }, lane.cap])],
    [METRICS.kindFlows, kinds.flatMap((kind) => standing(kind, { kind: kind.name }))],
    [METRICS.slots, [[{}, slots.held]]],
    [METRICS.slotsByWaiting, [[{}, slots.heldByWaiting]]],
    [METRICS.slotsCap, [[{}, slots.cap]]],
    [METRICS.workers, byState(workers, (one) => one?.count ?? 0)],
    [METRICS.workerCapacity, byState(workers, (one) => one?.capacity ?? 0)],
    [METRICS.leases, [[{}, gauges.leases]]],
    [METRICS.waitAge, [[{}, gauges.oldestWaitSeconds]]],
    [METRICS.deliveriesLive, [[{}, deliveries.live]]],
    [METRICS.deliveryAge, [[{}, (deliveries.oldestDueMs ?? 0) / 1000]]],
    [METRICS.endpointsDisabled, [[{}, deliveries.disabledEndpoints]]],
    // A role that nobody has must be seen as 0, not as nothing: alerts compare it.
    [METRICS.processes, ['api', 'dispatcher'].map((role) => [{ role }, gauges.processes.find((one) => one.role === role)?.count ?? 0])],
  ]
  return all.map(([metric, samples]) => exposed(metric, samples)).join('')
}

const standing = (place: { queued: number; running: number; waiting: number }, labels: Labels): Sample[] => [
  [{ ...labels, status: 'QUEUED' }, place.queued], [{ ...labels, status: 'RUNNING' }, place.running], [{ ...labels, status: 'WAITING' }, place.waiting],
]

const byState = (workers: Gauges['workers'], value: (one: Gauges['workers'][number] | undefined) => number): Sample[] =>
  (['ACTIVE', 'DRAINING'] as const).map((state) => [{ state }, value(workers.find((one) => one.state === state))])

const exposed = ({ name, help, type }: Metric, samples: Sample[]): string =>
  [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map(([labels, value]) => `${name}${inBraces(labels)} ${value}`), ''].join('\n')

const inBraces = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`))}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
