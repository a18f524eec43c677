import * as z from 'zod/mini'

export const FLOW_TABS = ['overview', 'events', 'attempts'] as const

/** The state of the flow page that its address holds: the tab, and the page of events. */
export const flowSearch = z.object({
  tab: z.catch(z.optional(z.enum(FLOW_TABS)), undefined),
  after: z.catch(z.optional(z.string()), undefined),
})

export type FlowSearch = z.infer<typeof flowSearch>
