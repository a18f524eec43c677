/** Replays the event log of every flow and says where an invariant did not hold. Reads what the public API answers, nothing else. */

export interface LoggedEvent { sequence: number; type: string; status: string | null; phase: string | null; at: string }
export interface LoggedAttempt { index: number; epoch: number; endedAt: string | null }
export interface LoggedFlow {
  id: string
  status: string
  phase: string | null
  terminalReason: string | null
  slotHeld: boolean
  createdAt: string
  startedAt: string | null
  finishedAt: string | null
  events: LoggedEvent[]
  attempts: LoggedAttempt[]
}

const ENDS = new Set(['flow.finished', 'flow.failed', 'flow.cancelled', 'flow.skipped'])
const TERMINAL = new Set(['FINISHED', 'FAILED', 'CANCELLED', 'SKIPPED'])

export interface Evidence {
  flows: LoggedFlow[]
  /** Ids that an acknowledged create answered. */
  accepted: string[]
  /** What the API counts, by status. */
  counts: Record<string, number>
  /** Global cap during the whole log, never changed, nothing forced. */
  cap: number
}

/** One sentence per violation, each with its invariant; empty when everything held. */
export function violations(evidence: Evidence): string[] {
  return [
    ...lost(evidence), ...evidence.flows.flatMap(violationsOfFlow), ...aboveCap(evidence.flows, evidence.cap), ...miscounted(evidence),
  ]
}

function lost({ flows, accepted }: Evidence): string[] {
  const there = new Set(flows.map(flow => flow.id))
  return accepted.filter(id => !there.has(id)).map(id => `${id} was accepted and is gone`)
}

const violationsOfFlow = (flow: LoggedFlow): string[] =>
  [gaps(flow), ends(flow), lastWords(flow), clock(flow), attempts(flow)].flat().map(sentence => `${flow.id}: ${sentence}`)

const gaps = ({ events }: LoggedFlow): string[] =>
  events.every((event, index) => event.sequence === index + 1) ? [] : [`INV-4: sequences are ${events.map(event => event.sequence).join(' ')}`]

function ends({ status, events, slotHeld }: LoggedFlow): string[] {
  const found = events.filter(event => ENDS.has(event.type)).map(event => event.type)
  if (!TERMINAL.has(status)) return [`it is still ${status}`]
  return [
    ...(found.length === 1 ? [] : [`INV-2: it ended ${found.length} times (${found.join(' ')})`]),
    ...(slotHeld ? ['INV-8: it has ended and holds a slot'] : []),
  ]
}

/** INV-4: the last event that carries a status says what the row says. */
function lastWords({ status, phase, events }: LoggedFlow): string[] {
  const last = events.findLast(event => event.status !== null)
  return last?.status === status && (last.phase ?? null) === phase ? [] : [`INV-4: the log ends in ${last?.status}/${last?.phase}, the row says ${status}/${phase}`]
}

function clock({ createdAt, startedAt, finishedAt, events }: LoggedFlow): string[] {
  const times = events.map(event => Date.parse(event.at))
  const life = [createdAt, startedAt, finishedAt].filter(time => time !== null).map(time => Date.parse(time))
  return isSorted(times) && isSorted(life) ? [] : ['INV-5: its times go back']
}

function attempts({ attempts: runs }: LoggedFlow): string[] {
  const indexed = runs.every((run, position) => run.index === position)
  const fenced = runs.every((run, position) => position === 0 || run.epoch > (runs[position - 1]?.epoch ?? 0))
  const open = runs.filter(run => run.endedAt === null)
  return [
    ...(indexed ? [] : ['its attempts are not numbered without gaps']),
    ...(fenced ? [] : [`INV-17: its epochs are ${runs.map(run => run.epoch).join(' ')}`]),
    ...(open.length === 0 ? [] : ['INV-16: it has ended and an attempt is open']),
  ]
}

/** INV-11: a slot is taken with flow.starting and given back when the flow is queued again or ends. Of one instant, releases count first. */
function aboveCap(flows: LoggedFlow[], cap: number): string[] {
  const changes = flows.flatMap(slotChanges).sort((a, b) => a.at - b.at || a.by - b.by)
  let active = 0
  let most = 0
  let when = 0
  for (const change of changes) {
    active += change.by
    if (active > most) { most = active; when = change.at }
  }
  return most > cap ? [`INV-11: ${most} slots were held at ${new Date(when).toISOString()}, the cap is ${cap}`] : []
}

function slotChanges(flow: LoggedFlow): { at: number; by: number }[] {
  let held = false
  return flow.events.flatMap(event => {
    const holds = event.status === null ? held : event.status === 'RUNNING'
    if (holds === held) return []
    held = holds
    return [{ at: Date.parse(event.at), by: holds ? 1 : -1 }]
  })
}

function miscounted({ flows, counts }: Evidence): string[] {
  const words = new Set([...Object.keys(counts), ...flows.map(flow => flow.status)])
  return [...words].flatMap(word => {
    const rows = flows.filter(flow => flow.status === word).length
    return rows === (counts[word] ?? 0) ? [] : [`INV-37: ${rows} flows are ${word}, the count says ${counts[word] ?? 0}`]
  })
}

const isSorted = (times: number[]): boolean => times.every((time, index) => index === 0 || time >= (times[index - 1] ?? 0))
