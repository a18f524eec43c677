import { catch as orElse, enum as oneOf, object, optional, string, type infer as Infer } from 'zod/mini'

/** The state of the workers page that its address holds: whose details are open, and whether those that leave or are gone are listed. */
export const workersSearch = object({
  worker: orElse(optional(string()), undefined),
  gone: orElse(optional(oneOf(['shown'])), undefined),
})

export type WorkersSearch = Infer<typeof workersSearch>
