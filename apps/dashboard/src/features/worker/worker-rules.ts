import type { WorkerState } from '@sluice/protocol'

/** Of a control plane, what alarms look at. */
export interface Server { version: string; roles: readonly string[] }

/** Whether nobody sweeps and folds counts: flows still start, but nothing that was lost is ever found. */
export const lacksDispatcher = (servers: readonly Server[]): boolean => servers.length > 0 && !servers.some(server => server.roles.includes('dispatcher'))

/** The versions that run beside each other, oldest first; empty while all are the same. */
export const differingVersions = (servers: readonly Server[]): string[] => {
  const versions = [...new Set(servers.map(server => server.version))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return versions.length > 1 ? versions : []
}

/** Whether a worker belongs to those at work: it asks for flows, or has some. The others are leaving or gone. */
export const isAtWork = ({ state, leased }: { state: WorkerState; leased: number }): boolean => state === 'ACTIVE' || (state !== 'DEAD' && leased > 0)

/** The first few of a list, and how many more: ["a, b", 3]. */
export const firstFew = (names: readonly string[], few: number): [string, number] => [names.slice(0, few).join(', '), Math.max(0, names.length - few)]
