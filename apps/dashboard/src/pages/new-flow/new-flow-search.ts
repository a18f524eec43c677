import { catch as orElse, object, optional, string, type infer as Infer } from 'zod/mini'

/** The state of the form of a new flow that its address holds: the kind. */
export const newFlowSearch = object({ kind: orElse(optional(string()), undefined) })

export type NewFlowSearch = Infer<typeof newFlowSearch>
