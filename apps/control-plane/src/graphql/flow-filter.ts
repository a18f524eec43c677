import { LIMITS } from '@sluice/protocol'
import { z } from 'zod'
import { builder } from './builder.ts'
import { FlowStatusEnum } from './enums.ts'
import { few } from './input-rules.ts'

export const FlowFilterInput = builder.inputType('FlowFilter', {
  description: 'Everything that is given must hold; of a list, one (of labels, all). An empty list is the same as none.',
  fields: (t) => ({
    status: t.field({ type: [FlowStatusEnum], description: 'In one of these statuses.', validate: few }),
    lane: t.stringList({ description: 'In one of these lanes.', validate: few }),
    kind: t.stringList({ description: 'Of one of these kinds.', validate: few }),
    label: t.stringList({ description: 'With all of these labels, each said as `key` or `key=value`.', validate: few }),
    owner: t.idList({ description: 'Submitted by one of these principals.', validate: few }),
    slotHeld: t.boolean({ description: 'Holding a slot, or not.' }),
    text: t.string({ description: 'An id or the beginning of one, or words that each begin a word of the title.', validate: z.string().max(LIMITS.titleMax).nullish() }),
    createdAfter: t.field({ type: 'DateTime', description: 'Submitted then or later.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'Submitted earlier.' }),
  }),
})

export type FlowFilter = typeof FlowFilterInput.$inferInput
