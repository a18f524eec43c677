import type { FeedItem, OwnedFlow } from '@sluice/engine'
import type { PrismaClient } from '@sluice/db/prisma'
import { isTerminal } from '@sluice/protocol'
import type { WaitpointRow } from '../graphql/waitpoint-ref.ts'
import { withFlows } from '../policies/visible-deliveries.ts'

/** row as it is now, with its flow for who may read it; xid and position of the last event in the batch that it was changed by. */
export interface ChangedWait { row: WaitpointRow; flow: OwnedFlow; xid: string; position: string }

/** What these events opened, released, answered or closed, each waitpoint once, in the order of their last event. Those of flows that left the lists are left out. */
export async function readChangedWaits(prisma: PrismaClient, items: FeedItem[]): Promise<ChangedWait[]> {
  const named = new Map(items.flatMap((event) => { const id = waitpointIn(event); return id === null ? [] : [[id, event] as const] }))
  const ofFlows = new Map(items.filter((event) => waitpointIn(event) === null && mayTouch(event)).map((event) => [event.flowId, event] as const))
  if (named.size === 0 && ofFlows.size === 0) return []
  const rows = await prisma.waitpoint.findMany({ where: { OR: [{ id: { in: [...named.keys()] } }, { flowId: { in: [...ofFlows.keys()] }, openedAt: { not: null }, state: { in: ['OPEN', 'CLOSED', 'EXPIRED'] } }] } })
  const changed = (await withFlows(prisma, rows)).flatMap(({ of, flow }) => {
    const place = later(named.get(of.id), ofFlows.get(of.flowId))
    return flow === null || place === undefined ? [] : [{ row: of, flow, xid: place.xid, position: place.position }]
  })
  return changed.toSorted((a, b) => (isLater(a, b) ? 1 : -1))
}

const waitpointIn = ({ payload }: FeedItem): string | null => (typeof payload['waitpoint'] === 'string' ? payload['waitpoint'] : null)

/** These name no waitpoint: of their flow it is the one that stood open. What finished did not wait. */
const mayTouch = ({ type, status }: FeedItem): boolean => type === 'flow.wait_released' || (status !== null && isTerminal(status) && type !== 'flow.finished' && type !== 'flow.deleted')

type Place = Pick<FeedItem, 'xid' | 'position'>
const isLater = (a: Place, b: Place): boolean => BigInt(a.xid) > BigInt(b.xid) || (a.xid === b.xid && BigInt(a.position) > BigInt(b.position))
const later = (a: Place | undefined, b: Place | undefined): Place | undefined => (a && b ? (isLater(a, b) ? a : b) : (a ?? b))
