import * as z from 'zod/mini'

/** The state of the queue page that its address holds: one lane or all, and the page of the queue. */
export const queueSearch = z.object({
  lane: z.catch(z.optional(z.string()), undefined),
  after: z.catch(z.optional(z.string()), undefined),
})

export type QueueSearch = z.infer<typeof queueSearch>
