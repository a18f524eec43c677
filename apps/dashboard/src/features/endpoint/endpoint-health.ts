import type { EndpointState } from '@sluice/protocol'

/** What says how an endpoint does. successRate: 0 to 1, of the last 100 deliveries that ended; null = none has. disabledAfter: so many failures in a row disable it. */
export interface Health { state: EndpointState; consecutiveFailures: number; disabledAfter: number; successRate: number | null }

/** "98 %", and "–" where nothing ended yet. What is not all is not rounded up to it. */
export const percentOf = (rate: number | null): string => {
  if (rate === null) return '–'
  return `${rate > 0.99 && rate < 1 ? 99 : Math.round(rate * 100)} %`
}

/** Whether somebody should look: it is told nothing, or what it was told last did not arrive. */
export const isTroubled = ({ state, consecutiveFailures }: Health): boolean => state === 'DISABLED' || consecutiveFailures > 0

const troubleOf = ({ state, consecutiveFailures, successRate }: Health): number =>
  (state === 'DISABLED' ? 1_000_000 : 0) + consecutiveFailures * 1000 + Math.round((1 - (successRate ?? 1)) * 100)

/** The worst first; what does alike stays in its order. */
export const byTrouble = (a: Health, b: Health): number => troubleOf(b) - troubleOf(a)

/** "3 of 20 failed in a row": whole deliveries, with all their attempts, of so many that disable it. */
export const failuresInWords = ({ consecutiveFailures, disabledAfter, successRate }: Health): string => {
  if (consecutiveFailures > 0) return `${consecutiveFailures} of ${disabledAfter} failed in a row`
  return successRate === null ? 'Nothing ended yet' : 'None failed in a row'
}

/** How many deliveries of each endpoint have not ended. */
export interface LiveCounts { of(endpointId: string): string }

/** all: whether these are all that there are; otherwise a count is the least that there is. */
export const liveCounts = (deliveries: readonly { endpoint: { id: string } }[], all: boolean): LiveCounts => {
  const counts = new Map<string, number>()
  for (const { endpoint } of deliveries) counts.set(endpoint.id, (counts.get(endpoint.id) ?? 0) + 1)
  return { of: id => `${counts.get(id) ?? 0}${all ? '' : '+'}` }
}
