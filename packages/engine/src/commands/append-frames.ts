/**
 * Output of an attempt, frame by frame (FF-70, FF-71): only under the current lease, while the flow runs. The client numbers its frames 1, 2, 3 …, so a call
 * that is repeated adds nothing. The answer comes after a commit that waits for the disk, though frames need not (INV-42): a frame that was answered and then
 * lost in a crash would leave its worker ahead of us, and everything it says later a gap.
 */
import { Conflict, InvalidInput, LimitExceeded, Refusal, refuseJson } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Tx } from '@sluice/db'
import { FRAME_KINDS, LIMITS } from '@sluice/protocol'
import type { FrameKind, Json, LeaseRef } from '@sluice/protocol'
import type { Deps, Outcome } from '../deps.ts'
import type { EngineSettings } from '../settings.ts'
import { trimFrames, writeFrames } from '../sql/frame-sql.ts'
import type { FrameToWrite, WrittenFrames } from '../sql/frame-sql.ts'
import { lockLease } from './worker-lease.ts'

export interface GivenFrame { sequence: number; kind: FrameKind; payload: Json }
interface AppendFrames { actor: Actor; lease: LeaseRef; frames: GivenFrame[] }

/** lastSequence: the greatest that is stored of the attempt; frames up to it need not be sent again. */
export async function appendFrames(deps: Deps, cmd: AppendFrames): Promise<Outcome<{ flowId: string; lastSequence: number }>> {
  const refusal = refuseFrames(cmd.frames, deps.settings)
  if (refusal) return refusal
  const frames = cmd.frames.map(({ sequence, kind, payload }) => ({ sequence, kind, payload, bytes: bytesOf(payload) }))
  return transact(deps.pool, async tx => {
    const written = await write(tx, cmd, frames)
    if (written instanceof Refusal) return written
    const [first] = frames
    if (first && first.sequence > written.before + 1) return gap(first.sequence, written.before)
    const trimmed = isTooMuch(written, deps.settings)
    if (trimmed) await trimFrames(tx, { ...cmd.lease, kept: deps.settings.framesKept, bytesKept: deps.settings.frameBytesKept })
    const added = frames.filter(frame => frame.sequence > written.before)
    if (added.length > 0) tx.afterCommit(() => tell(deps, { flowId: cmd.lease.flowId, added, trimmed }))
    return { flowId: cmd.lease.flowId, lastSequence: written.last }
  })
}

/** A lease that stood otherwise a moment ago may be current by the time we look: then the flow is locked, and the second try decides. */
async function write(tx: Tx, { actor, lease }: AppendFrames, frames: FrameToWrite[]): Promise<WrittenFrames | Refusal> {
  const p = { lease, principalId: actor.principalId, frames }
  const written = await writeFrames(tx, p)
  if (written) return written
  const held = await lockLease(tx, { actor, lease })
  if (held instanceof Refusal) return held
  if (held.flow.status === 'WAITING') return new Conflict(`Flow ${lease.flowId} is WAITING: output goes on when it was answered.`)
  const second = await writeFrames(tx, p)
  if (!second) throw new Error(`the lease of flow ${lease.flowId} is current and cannot be written under`)
  return second
}

function tell(deps: Deps, { flowId, added, trimmed }: { flowId: string; added: FrameToWrite[]; trimmed: boolean }): void {
  deps.wake.hint({ frames: [flowId] })
  deps.observe.appended({ frames: added.length, bytes: added.reduce((sum, { bytes }) => sum + bytes, 0), trimmed })
}

const bytesOf = (payload: Json): number => Buffer.byteLength(JSON.stringify(payload))

const gap = (sequence: number, last: number): Refusal =>
  new InvalidInput(['frames', '0', 'sequence'], `Frame ${sequence} does not follow: the last one is ${last}.`)

function refuseFrames(frames: GivenFrame[], settings: EngineSettings): Refusal | undefined {
  if (frames.length === 0) return new InvalidInput(['frames'], 'Give at least one frame.')
  if (frames.length > LIMITS.framesPerCallMax) return new LimitExceeded(LIMITS.framesPerCallMax, `At most ${LIMITS.framesPerCallMax} frames at once.`)
  const from = frames[0]?.sequence ?? 0
  for (const [at, frame] of frames.entries()) {
    const refusal = refuseSequence(frame.sequence, from + at, at) ?? refuseKind(frame.kind, at) ?? refuseNothing(frame.payload, at) ??
      refuseJson(['frames', String(at), 'payload'], frame.payload, { maxBytes: settings.frameMaxBytes, what: 'A payload' })
    if (refusal) return refusal
  }
  return undefined
}

const SEQUENCE_MAX = 2_000_000_000

function refuseSequence(sequence: number, expected: number, at: number): Refusal | undefined {
  const path = ['frames', String(at), 'sequence']
  if (!Number.isInteger(sequence) || sequence < 1 || sequence > SEQUENCE_MAX) return new InvalidInput(path, `A sequence is a whole number from 1 to ${SEQUENCE_MAX}.`)
  return sequence === expected ? undefined : new InvalidInput(path, `Frame ${sequence} does not follow frame ${expected - 1}.`)
}

const refuseKind = (kind: FrameKind, at: number): Refusal | undefined =>
  FRAME_KINDS.includes(kind) ? undefined : new InvalidInput(['frames', String(at), 'kind'], `A kind is one of ${FRAME_KINDS.join(', ')}.`)

const refuseNothing = (payload: Json, at: number): Refusal | undefined =>
  payload == null ? new InvalidInput(['frames', String(at), 'payload'], 'A frame has a payload.') : undefined

/** What may lie there beyond what is kept, as a part of it: so many frames go at once, and most calls delete nothing. */
const SLACK = 0.1

const isTooMuch = ({ last, first, bytes }: WrittenFrames, { framesKept, frameBytesKept }: EngineSettings): boolean =>
  last - first + 1 > framesKept * (1 + SLACK) || bytes > frameBytesKept * (1 + SLACK)
