import { catch as orElse, enum as oneOf, object, optional, string, type infer as Infer } from 'zod/mini'

/** next: the address that was asked for before signing in. refused: why the link did not sign in. */
export const signInSearch = object({ next: orElse(optional(string()), undefined), refused: orElse(optional(oneOf(['code', 'unavailable'])), undefined) })

export type SignInSearch = Infer<typeof signInSearch>
