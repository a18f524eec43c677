/**
 * What a running handler says to the control plane besides its report. Each message is sent until it is answered, or until nobody wants
 * to hear of this lease any more. A refusal because the lease is gone interrupts the handler; any other is a failure of the flow that no
 * retry helps, for the same code would say the same again.
 */
import type { FrameKind, Json, MemoKind, WaitKind, WaitMode, WaitTimeout } from '@sluice/protocol'
import type { Artifact, UploadBody } from '../wire/upload.ts'

/** What is remembered of a flow: the result of a step, or an answer. */
export interface Memo { key: string; kind: MemoKind; value: Json }

/** What somebody decided, and what they filled in. by: a principal, `timeout`, or null where that is not known. */
export interface Answer { decision: string; payload: Json; by: string | null }

export interface WaitRequest {
  key: string
  kind: WaitKind
  prompt: string | null
  fields: Json
  allowedDecisions: readonly string[]
  answerableBy: readonly string[]
  timeoutSeconds: number | null
  onTimeout: WaitTimeout
  timeoutDecision: string | null
  timeoutPayload?: Json
}
export interface MadeWait { id: string; answer: Answer | null; token: string | null; url: string | null }

export interface Frame { sequence: number; kind: FrameKind; payload: Json }

/** Every function throws an Interruption when the lease is gone, and a FlowFailure when it is refused for what it says. */
export interface Talk {
  /** Gives what is remembered under the key now: the first write of a key wins. */
  remember(key: string, value: Json): Promise<Memo>
  /** Those of the keys that are remembered. */
  recall(keys: readonly string[]): Promise<Memo[]>
  makeWait(wait: WaitRequest): Promise<MadeWait>
  /** The answer where there is one already; then the flow does not wait. */
  suspend(waitpoint: string, mode: WaitMode): Promise<Answer | null>
  append(frames: readonly Frame[]): Promise<void>
  upload(artifact: Artifact, body: UploadBody): Promise<void>
  /** Of this flow; null where nothing has that name. */
  download(name: string): Promise<Response | null>
}
