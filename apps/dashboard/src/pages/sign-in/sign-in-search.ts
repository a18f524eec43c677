import * as z from 'zod/mini'

/** next: the address that was asked for before signing in. */
export const signInSearch = z.object({ next: z.catch(z.optional(z.string()), undefined) })

export type SignInSearch = z.infer<typeof signInSearch>
