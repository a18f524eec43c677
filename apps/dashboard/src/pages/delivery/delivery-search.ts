import { catch as orElse, coerce, int, object, optional, positive, type infer as Infer } from 'zod/mini'

/** The state of the page of a delivery that its address holds: which attempt is opened; absent = the latest. */
export const deliverySearch = object({ attempt: orElse(optional(coerce.number().check(int(), positive())), undefined) })

export type DeliverySearch = Infer<typeof deliverySearch>
