import type { LeaseRef } from '@sluice/protocol'
import { builder } from './builder.ts'

export const LeaseType = builder.objectRef<LeaseRef & { expiresAt: Date }>('Lease').implement({
  description: 'The right to report on a flow.',
  fields: (t) => ({
    flowId: t.exposeID('flowId', { description: 'Of which flow.' }),
    attempt: t.exposeInt('attempt', { description: 'The index of the attempt, from 0.' }),
    epoch: t.exposeInt('epoch', { description: 'The fencing number, greater than that of every lease before.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'From when it may be taken away, unless it is renewed.' }),
  }),
})

export const LeaseRefInput = builder.inputType('LeaseRef', {
  description: 'Names a lease; in every write of a worker.',
  fields: (t) => ({
    flowId: t.id({ required: true, description: 'Of which flow.' }),
    attempt: t.int({ required: true, description: 'The index of the attempt.' }),
    epoch: t.int({ required: true, description: 'The fencing number.' }),
  }),
})
