/** Reads the whole log through the public API, as an auditor would. */
import type { Submitter } from '@sluice/testkit/world'
import type { LoggedAttempt, LoggedEvent, LoggedFlow } from './replay-log.ts'

const PAGE = 50
const FLOWS = `query ($after: String) { flows(orderBy: CREATED_ASC, first: ${PAGE}, after: $after) {
  pageInfo { hasNextPage endCursor }
  edges { node { id status phase terminalReason slotHeld createdAt startedAt finishedAt
    events(first: 100) { edges { node { sequence type status phase at } } }
    attempts(first: 50) { edges { node { index epoch endedAt } } } } } } }`

interface Edges<T> { edges: { node: T }[] }
type Row = Omit<LoggedFlow, 'events' | 'attempts'> & { events: Edges<LoggedEvent>; attempts: Edges<LoggedAttempt> }

export async function readLog(reader: Submitter): Promise<LoggedFlow[]> {
  const flows: LoggedFlow[] = []
  for (let after: string | null = null; ;) {
    const { flows: page }: { flows: Edges<Row> & { pageInfo: { hasNextPage: boolean; endCursor: string } } } = await reader.ask(FLOWS, { after })
    flows.push(...page.edges.map(({ node }) => ({ ...node, events: node.events.edges.map(edge => edge.node), attempts: node.attempts.edges.map(edge => edge.node) })))
    if (!page.pageInfo.hasNextPage) return flows
    after = page.pageInfo.endCursor
  }
}

export async function readCounts(reader: Submitter): Promise<Record<string, number>> {
  const { flowCounts } = await reader.ask<{ flowCounts: { byStatus: { status: string; count: number }[] } }>('{ flowCounts { byStatus { status count } } }')
  return Object.fromEntries(flowCounts.byStatus.map(one => [one.status, one.count]))
}
