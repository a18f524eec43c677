import type { FlowError } from '@sluice/protocol'
import { builder } from './builder.ts'

export const FlowErrorRef = builder.objectRef<FlowError>('FlowError').implement({
  description: 'What a worker reported as a failure.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'A short word for programs.' }),
    message: t.exposeString('message', { description: 'A sentence for people.' }),
    detail: t.field({ type: 'JSON', nullable: true, description: 'Whatever else helps.', resolve: (error) => error.detail ?? null }),
    retryable: t.boolean({ description: 'Whether trying again may help.', resolve: (error) => error.retryable ?? true }),
  }),
})
