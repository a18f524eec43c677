import { extend, type infer as Infer } from 'zod/mini'
import { text } from '../../features/address-words.ts'
import { deliveryFilter } from '../../features/delivery/delivery-search.ts'

/** The state of the deliveries page that its address holds: the filters of the list, and the replay whose progress is shown. */
export const deliveriesSearch = extend(deliveryFilter, { operation: text })

export type DeliveriesSearch = Infer<typeof deliveriesSearch>
