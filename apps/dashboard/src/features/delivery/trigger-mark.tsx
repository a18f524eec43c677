import type { DeliveryTrigger } from '@sluice/protocol'
import { TONE_TEXT } from '../../ui/tone.ts'
import { TRIGGER_LOOKS } from '../looks.ts'

/** That somebody asked for a delivery: a replay, a test. Nothing where the event itself did. On a narrow screen its word is left to those who hear it. */
export function TriggerMark({ trigger }: { trigger: DeliveryTrigger }) {
  if (trigger === 'AUTO') return null
  const { icon: Icon, word, tone, sentence } = TRIGGER_LOOKS[trigger]
  return (
    <span className={`inline-flex shrink-0 items-center gap-1.5 text-[0.86rem] font-medium ${TONE_TEXT[tone]}`} title={sentence}>
      <Icon size={14} aria-hidden="true" /><span className="sr-only sm:not-sr-only">{word}</span>
    </span>
  )
}
