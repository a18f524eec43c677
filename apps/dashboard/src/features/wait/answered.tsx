import { useViewer } from '../../graphql/viewer.ts'
import { LookBadge } from '../../ui/look.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import { WAITPOINT_LOOKS } from '../looks.ts'
import type { Wait } from './wait-documents.ts'
import { answererName, nameOfDecision } from './wait-rules.ts'

/** What became of a wait: its answer and by whom, or why there is none. */
export function Answered({ wait }: { wait: Wait }) {
  const you = useViewer()?.principal?.id
  const { answer, state, closedAt } = wait
  return (
    <p className="flex flex-wrap items-center gap-x-2">
      <LookBadge look={WAITPOINT_LOOKS[state]} />
      {answer && <span>by {answererName(answer, you)}: <strong className="font-medium">{nameOfDecision(answer.decision)}</strong></span>}
      {(answer?.at ?? closedAt) && <span className="text-muted"><RelativeTime at={answer?.at ?? closedAt ?? ''} /></span>}
    </p>
  )
}
