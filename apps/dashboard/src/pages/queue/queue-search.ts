import { catch as orElse, object, optional, string, type infer as Infer } from 'zod/mini'

/** The state of the queue page that its address holds: one lane or all, and the page of the queue. */
export const queueSearch = object({
  lane: orElse(optional(string()), undefined),
  after: orElse(optional(string()), undefined),
})

export type QueueSearch = Infer<typeof queueSearch>
