import { InvalidInput } from '@sluice/domain'
import { decodeFeedCursor, type FeedCursor } from '@sluice/engine'

/** @throws InvalidInput when it is no cursor of the feed. */
export function parseFeedCursor(text: string): FeedCursor {
  const cursor = decodeFeedCursor(text)
  if (cursor === undefined) throw new InvalidInput(['after'], 'This is no cursor of this subscription.')
  return cursor
}

/** A place in the log of one flow. The generation says whether a restore lies between. */
export const eventCursorText = (generation: string, sequence: number): string => `${generation}.${sequence}`

/** @throws InvalidInput when it is no cursor of a flow's events. */
export function parseEventCursor(text: string): { generation: string; sequence: number } {
  const [, generation, sequence] = /^([0-9a-z]{1,64})\.(\d{1,9})$/.exec(text) ?? []
  if (!generation || !sequence) throw new InvalidInput(['after'], 'This is no cursor of these events.')
  return { generation, sequence: Number(sequence) }
}

/** Whether a lies after b; of one generation. */
export const isAfter = (a: Place, b: Place): boolean => BigInt(a.xid) > BigInt(b.xid) || (a.xid === b.xid && BigInt(a.position) > BigInt(b.position))

type Place = Pick<FeedCursor, 'xid' | 'position'>
