import { WAIT_KINDS } from '@sluice/protocol'
import { object, type infer as Infer } from 'zod/mini'
import { text, wordOf, words, wordsOf } from '../address-words.ts'

/** What the address of the approvals says: which are listed, whether only those that the viewer may answer, behind which the page begins, and which one is opened. */
export const waitSearch = object({ kind: wordsOf(WAIT_KINDS), lane: words, mine: wordOf(['yes']), after: text, wait: text })

export type WaitSearch = Infer<typeof waitSearch>

export const isFiltered = ({ kind, lane, mine }: WaitSearch): boolean => (kind ?? lane ?? mine) !== undefined

/** What is asked of the API. */
export const toFilter = ({ kind, lane, mine }: WaitSearch) =>
  ({ state: ['OPEN' as const], ...(kind ? { kind } : {}), ...(lane ? { lane } : {}), ...(mine ? { answerableByMe: true } : {}) })
