import { catch as orElse, object, optional, string, type infer as Infer } from 'zod/mini'

/** The state of the lanes page that its address holds: which lane's details are open. */
export const lanesSearch = object({ lane: orElse(optional(string()), undefined) })

export type LanesSearch = Infer<typeof lanesSearch>
