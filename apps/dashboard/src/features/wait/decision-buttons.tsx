import { Ban, Check, type LucideIcon } from 'lucide-react'
import { Button } from '../../ui/button.tsx'
import type { Wait } from './wait-documents.ts'
import { lookOfDecision, nameOfDecision } from './wait-rules.ts'

const ICONS: Partial<Record<ReturnType<typeof lookOfDecision>, LucideIcon>> = { primary: Check, danger: Ban }

/** One button per decision that is allowed. */
export function DecisionButtons({ wait, whyNot, onDecide }: { wait: Pick<Wait, 'allowedDecisions' | 'key' | 'flow'>; whyNot: string | null; onDecide(decision: string): void }) {
  return (
    <div role="group" aria-label={`Decide ${wait.key} of ${wait.flow.title}`} className="flex flex-wrap gap-2">
      {wait.allowedDecisions.map(decision => {
        const look = lookOfDecision(decision, wait.allowedDecisions)
        const icon = ICONS[look]
        return <Button key={decision} look={look} {...(icon ? { icon } : {})} whyNot={whyNot} onClick={() => onDecide(decision)}>{nameOfDecision(decision)}</Button>
      })}
    </div>
  )
}
