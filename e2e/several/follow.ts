/** Follows all flows by `flowsChanged`, from one control plane to the next, each time with the cursor of the last item it got. */
import type { ControlPlane, FleetActor, LiveSocket, Stream } from '@sluice/testkit/world'

const FLOWS_CHANGED = `subscription ($after: Cursor) { flowsChanged(after: $after) { cursor kind gap end matches flow { id title status } } }`

export interface Item { cursor: string; kind: 'SNAPSHOT' | 'CHANGE' | 'END'; gap: boolean; end: string | null; flow: { id: string; title: string; status: string } | null }
interface Data { flowsChanged: Item }

export interface Visit { socket: LiveSocket; stream: Stream<Data> }

/** Opens the subscription after the cursor; resolves when its snapshot is there. Fails when it ended before that, as that of a control plane that stops. */
export async function visit(reader: FleetActor, o: { at: ControlPlane; after: string | null }): Promise<Visit> {
  const socket = reader.at(o.at).open()
  const stream = socket.subscribe<Data>(FLOWS_CHANGED, { after: o.after })
  const { flowsChanged: first } = await stream.first(() => true)
  if (first.kind === 'SNAPSHOT') return { socket, stream }
  await socket.close()
  throw new Error(`the subscription began with ${JSON.stringify(first)}`)
}

export const itemsOf = ({ stream }: Visit): Item[] => stream.items.map(data => data.flowsChanged)
export const changesOf = (one: Visit): Item[] => itemsOf(one).filter(item => item.kind === 'CHANGE')

/** What a visit to one control plane brought: what it showed, whether it said that something is missing, and where to go on. */
export interface Seen { changes: Item[]; gap: boolean; cursor: string }

export async function leave(one: Visit): Promise<Seen> {
  await one.socket.close()
  const items = itemsOf(one)
  return { changes: items.filter(item => item.kind === 'CHANGE'), gap: items.some(item => item.gap), cursor: items.at(-1)?.cursor ?? '' }
}
