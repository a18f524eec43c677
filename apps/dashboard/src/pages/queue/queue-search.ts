import { catch as orElse, enum as oneOf, object, optional, string, type infer as Infer } from 'zod/mini'

export const ENDED_AS = ['failed', 'finished', 'cancelled'] as const

/** The state of the queue page that its address holds: one lane or all, the page of the queue, and of what has ended which kind of end and page. */
export const queueSearch = object({
  lane: orElse(optional(string()), undefined),
  after: orElse(optional(string()), undefined),
  ended: orElse(optional(oneOf(ENDED_AS)), undefined),
  endedAfter: orElse(optional(string()), undefined),
})

export type QueueSearch = Infer<typeof queueSearch>
