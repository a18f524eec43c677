/**
 * A run of a handler, put together: what it is given (its context), and what the worker asks of it when it is out. The same for a worker
 * and for a test; only whom it talks to is another.
 */
import type { FlowContext, FlowInput, HandledFlow } from '../kind.ts'
import type { Log } from '../log.ts'
import type { FlowFailure } from '../outcome.ts'
import { createArtifactReader, createArtifacts } from './artifact.ts'
import { createAsk } from './ask.ts'
import { createLatch } from './latch.ts'
import { createMemory } from './memory.ts'
import { createOutput } from './output.ts'
import { quiet } from './quiet.ts'
import { createStep, type Step } from './step.ts'
import type { Memo, Talk } from './talk.ts'
import { createWaits, type WaitsDeps } from './waits.ts'

export interface AttemptOptions extends Pick<WaitsDeps, 'signal' | 'stopping' | 'leaving' | 'listen' | 'acknowledge' | 'onReleasing' | 'onReleased'> {
  flow: HandledFlow
  talk: Talk
  memos: readonly Memo[]
  memosComplete: boolean
  inputs: readonly FlowInput[]
  /** How long a wait is held where the question does not say. */
  holdMs: number
  log: Log
  progress: FlowContext['progress']
  traceParent: string | null
}

export interface Attempt {
  readonly context: FlowContext
  /** The handler is out, or left behind: see waits.ts. */
  leave(): Promise<void>
  /** What ends the attempt, whatever the handler made of it. */
  fault(): FlowFailure | null
  unusedMemos(): string[]
  /** Says the rest of the output, for no longer than this. */
  closeOutput(withinMs?: number): Promise<void>
}

export function createAttempt(o: AttemptOptions): Attempt {
  const { talk, signal, log } = o
  const latch = createLatch()
  const memory = createMemory({ memos: o.memos, complete: o.memosComplete, talk })
  const channel = createOutput({ append: frames => talk.append(frames), log })
  const waits = createWaits({ ...o, latch, flush: channel.flush })
  const { ask, callback } = createAsk({ talk, memory, waits, signal, holdMs: o.holdMs })
  const step = createStep({ memory, latch, signal })
  const artifact = createArtifacts({ talk, signal })
  return {
    context: {
      flow: o.flow, signal, log, progress: o.progress, traceParent: o.traceParent, inputs: o.inputs, output: channel.output,
      step: quiet(step) as Step, ask: quiet(ask), callback: quiet(callback), artifact: quiet(artifact),
      readArtifact: quiet(createArtifactReader({ talk, signal })),
    },
    leave: async () => {
      if (latch.running() > 0) log.warn('the handler is out while a step runs; its result may not be remembered', { steps: latch.running() })
      await waits.leave()
    },
    fault: memory.fault,
    unusedMemos: memory.unused,
    closeOutput: channel.close,
  }
}
