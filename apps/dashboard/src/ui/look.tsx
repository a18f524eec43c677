import type { LucideIcon } from 'lucide-react'
import { TONE_TEXT, type Tone } from './tone.ts'

/** How a word of the system looks: an icon, the word a person reads, a tone, and a sentence for the tooltip. */
export interface Look { icon: LucideIcon; word: string; tone: Tone; sentence: string }

/** Icon and word of a look, in its tone. */
export function LookBadge({ look }: { look: Look }) {
  const Icon = look.icon
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap align-middle font-medium ${TONE_TEXT[look.tone]}`} title={look.sentence}>
      <Icon size={14} aria-hidden="true" className="shrink-0" />
      {look.word}
    </span>
  )
}
