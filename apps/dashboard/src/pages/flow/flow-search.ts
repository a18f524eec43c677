import { catch as orElse, enum as oneOf, object, optional, string, type infer as Infer } from 'zod/mini'

export const FLOW_TABS = ['overview', 'inputs', 'output', 'waits', 'events', 'attempts', 'artifacts', 'deliveries'] as const

/** The state of the flow page that its address holds: the tab, and the page of its list. */
export const flowSearch = object({
  tab: orElse(optional(oneOf(FLOW_TABS)), undefined),
  after: orElse(optional(string()), undefined),
})

export type FlowSearch = Infer<typeof flowSearch>
