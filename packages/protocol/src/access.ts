/** What a principal may be. Who may do what is one table in the control plane's policies. */
export const ROLES = ['VIEWER', 'SUBMITTER', 'OPERATOR', 'ADMIN', 'WORKER'] as const
export type Role = (typeof ROLES)[number]
