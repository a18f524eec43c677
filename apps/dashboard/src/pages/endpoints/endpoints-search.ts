import { object, type infer as Infer } from 'zod/mini'
import { text, wordOf } from '../../features/address-words.ts'

/** The state of the endpoints page that its address holds: whose details are open, whether those that flows brought along are listed, and the page of the list. */
export const endpointsSearch = object({ endpoint: text, unnamed: wordOf(['shown']), after: text })

export type EndpointsSearch = Infer<typeof endpointsSearch>
