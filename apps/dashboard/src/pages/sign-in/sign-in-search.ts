import { catch as orElse, object, optional, string, type infer as Infer } from 'zod/mini'

/** next: the address that was asked for before signing in. */
export const signInSearch = object({ next: orElse(optional(string()), undefined) })

export type SignInSearch = Infer<typeof signInSearch>
