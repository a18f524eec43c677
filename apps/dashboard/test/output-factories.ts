import type { FrameKind, Json } from '@sluice/protocol'
import { at } from './lane-factories.ts'

/** Output as the API would answer it. */

export const fakeFrame = (attempt: number, sequence: number, payload: Json = `line ${sequence}\n`, kind: FrameKind = 'TEXT') =>
  ({ __typename: 'Frame' as const, attempt, sequence, kind, payload, at: at(sequence) })

export type FakeFrame = ReturnType<typeof fakeFrame>

interface ItemFields { kind?: 'SNAPSHOT' | 'CHANGE' | 'END'; gap?: boolean; end?: 'TERMINAL' | 'SHUTDOWN' | 'TOO_SLOW' | 'REVOKED' | null; cursor?: string }

/** An item of flowFrames. */
export const framesItem = (frames: FakeFrame[] | null = null, item: ItemFields = {}) =>
  ({ flowFrames: { __typename: 'FlowFrameItem', cursor: frames?.length ? `${frames.at(-1)?.attempt}.${frames.at(-1)?.sequence}` : '0.0', kind: frames ? 'CHANGE' : 'SNAPSHOT', gap: false, end: null, frames, ...item } })
