import { defineKind, fail } from '@sluice/worker'

/** Something that fails now and then: a request to elsewhere. */
export type Fetch = (attempt: number) => { status: number; body: string }

/**
 * Tries three times in all, and says each time why not. What will not be better another time is not tried again, and the last failure says what
 * was tried: the flow then ends as `attempts_exhausted`.
 */
export const retryOn = (fetchOrder: Fetch) => defineKind<{ order: string }>({
  title: 'Ask until it works, three times at most',
  defaults: { maxAttempts: 3, onLeaseLost: 'RETRY' },
  handler: async ({ flow, step, output }) => {
    const reserved = await step('reserve', () => `reservation of ${flow.input.order}`)
    const { status, body } = fetchOrder(flow.attempt)
    if (status === 404) return fail({ code: 'NO_SUCH_ORDER', message: `There is no order ${flow.input.order}`, retryable: false })
    if (status !== 200) {
      const left = flow.maxAttempts - flow.retriesUsed - 1
      await output.warn(`HTTP ${status}`, { left })
      return fail({ code: 'UPSTREAM', message: `HTTP ${status} in attempt ${flow.attempt + 1}`, detail: { status, reserved } })
    }
    return { body, reserved }
  },
})
