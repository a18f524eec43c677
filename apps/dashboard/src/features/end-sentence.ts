import { TERMINAL_REASON_SENTENCES, type FlowStatus, type TerminalReason } from '@sluice/protocol'

/** Why a flow ended, as a sentence; a reason that this page does not know yet is shown as it is. */
export const sentenceOfEnd = (reason: string | null): string => {
  if (reason === null) return ''
  return Object.hasOwn(TERMINAL_REASON_SENTENCES, reason) ? TERMINAL_REASON_SENTENCES[reason as TerminalReason] : reason
}

interface Ended { status: FlowStatus; terminalReason: string | null; error: { message: string } | null }

/** Why a flow ended, in a line: the failure's own words first. An error may also be left of an earlier attempt; it says why only where the flow failed. */
export const whyEnded = ({ status, error, terminalReason }: Ended): string => (status === 'FAILED' && error?.message) || sentenceOfEnd(terminalReason)

/** Ends whose sentence says more than the failure itself: that it was not, or no more, tried again. */
const ADDS: readonly (string | null)[] = ['error', 'attempts_exhausted'] satisfies TerminalReason[]

/** What the failure's own words leave unsaid. */
export const addedToWhy = (flow: Ended): string => (whyEnded(flow) !== sentenceOfEnd(flow.terminalReason) && ADDS.includes(flow.terminalReason) ? sentenceOfEnd(flow.terminalReason) : '')
