import { TERMINAL_REASON_SENTENCES, type TerminalReason } from '@sluice/protocol'

/** Why a flow ended, as a sentence; a reason that this page does not know yet is shown as it is. */
export const sentenceOfEnd = (reason: string | null): string => {
  if (reason === null) return ''
  return Object.hasOwn(TERMINAL_REASON_SENTENCES, reason) ? TERMINAL_REASON_SENTENCES[reason as TerminalReason] : reason
}
