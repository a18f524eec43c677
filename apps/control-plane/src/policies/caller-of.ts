import type { PrismaClient } from '@sluice/db/prisma'
import type { CallerOf } from '@sluice/engine'
import { deliveryCallerOf } from './caller.ts'
import { mayRun, type Viewer } from './policy.ts'

/** The rights that whoever started an operation has now; null: none that would let it go on. */
export const bulkCallerOf = (prisma: PrismaClient): CallerOf => async (principalId) => {
  const principal = await prisma.principal.findUnique({ where: { id: principalId, disabledAt: null }, select: { name: true, roles: true } })
  if (principal === null) return null
  const viewer: Viewer = { ...principal, principalId, scopes: [], tokenId: null, sessionId: null, expiresAt: null }
  return mayRun(viewer, 'replayWebhookDeliveries') ? deliveryCallerOf(viewer, null, 'replayWebhookDeliveries') : null
}
