/** FF-34: tokens are signed with another key from now on; those that were given out are taken for a day more. The key itself is never told. */
import { Conflict } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { Deps, Outcome } from '../deps.ts'
import { writeAudit } from '../sql/audit-sql.ts'
import { rotateRing } from '../waits/tokens.ts'

export interface RotatedWaitpointKey { kid: string; formerUntil: Date | null }

export async function rotateWaitpointKey(deps: Deps, { actor }: { actor: Actor }): Promise<Outcome<RotatedWaitpointKey>> {
  const { keys } = deps.webhooks
  if (keys.currentId === null) return new Conflict('There is no key to encrypt with: DATA_ENCRYPTION_KEY is not set.')
  const rotated = await transact(deps.pool, async tx => {
    const done = await rotateRing(tx, keys)
    await writeAudit(tx, actor, [{ action: 'rotateWaitpointKey', target: null, reason: null, before: null, after: { kid: done.kid } }])
    return done
  })
  // Other processes sign with the former for as long as they remember it, and look again for a key that they do not know.
  deps.waitTokens.forget()
  return rotated
}
