import { EyeOff, Trash2 } from 'lucide-react'
import type { Look } from '../look.tsx'
import type { Gone } from './list-pages.ts'

/** How a row looks that no longer belongs into the list it stands in. */
export const GONE_LOOKS: Record<Gone, Look> = {
  left: { icon: EyeOff, word: 'left', tone: 'idle', sentence: 'It has changed and is no longer among what the filter asks for; it goes when the list is read again.' },
  deleted: { icon: Trash2, word: 'deleted', tone: 'idle', sentence: 'It was deleted; it goes when the list is read again.' },
}
