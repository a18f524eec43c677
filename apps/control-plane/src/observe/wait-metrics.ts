/** What is counted of waits, inputs, output and artifacts: most of it is said by the moves that were committed. */
import type { EngineObserver } from '@sluice/engine'
import { WAIT_KINDS } from '@sluice/protocol'
import type { Makers } from './metrics.ts'

type Move = Parameters<EngineObserver['moved']>[0][number]
type Counted = Partial<Record<Move['name'], (move: Move) => void>>

const ANSWERERS = ['principal', 'token', 'timeout'] as const
const ACTS = ['added', 'removed'] as const

export function waitMetrics({ counter }: Pick<Makers, 'counter'>) {
  const [opened, answers, timedOut, inputs] = [counter('waitsOpened'), counter('waitAnswers'), counter('waitsTimedOut'), counter('inputs')]
  const [stored, bytes] = [counter('artifacts'), counter('artifactBytes')]
  for (const kind of WAIT_KINDS) opened.inc({ kind }, 0)
  for (const by of ANSWERERS) answers.inc({ by }, 0)
  for (const act of ACTS) inputs.inc({ act }, 0)
  const answered = (move: Move): void => answers.inc({ by: answererOf(move) })
  const counted: Counted = {
    suspend: ({ set }) => opened.inc({ kind: set.waitKind ?? '' }),
    resumeHeld: answered, resumeReleased: answered, receiveSignal: answered,
    failWait: ({ set }) => timedOut.inc(set.terminalReason === 'input_timed_out' ? 1 : 0),
    expireWait: () => timedOut.inc(),
    addInput: () => inputs.inc({ act: 'added' }),
    removeInput: () => inputs.inc({ act: 'removed' }),
    addArtifact: ({ payload }) => {
      stored.inc()
      bytes.inc({ direction: 'in' }, Number(payload['size']))
    },
  }
  bytes.inc({ direction: 'in' }, 0)
  bytes.inc({ direction: 'out' }, 0)
  return {
    moved: (moves: readonly Move[]): void => moves.forEach((move) => counted[move.name]?.(move)),
    artifactTaken: (size: number): void => bytes.inc({ direction: 'out' }, size),
  }
}

/** Ids of principals are of no label. */
const answererOf = ({ payload }: Move): string => (payload['by'] === 'token' || payload['by'] === 'timeout' ? payload['by'] : 'principal')

export function frameMetrics({ counter }: Pick<Makers, 'counter'>): EngineObserver['appended'] {
  const [frames, bytes, trims] = [counter('frames'), counter('frameBytes'), counter('frameTrims')]
  return (output) => {
    frames.inc(output.frames)
    bytes.inc(output.bytes)
    if (output.trimmed) trims.inc()
  }
}
