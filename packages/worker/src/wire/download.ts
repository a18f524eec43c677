/** An artifact on its way down, of the flow whose lease is held: what an earlier attempt left, or this one. Its bytes are read by whoever gets the answer. */
import type { LeaseRef } from '@sluice/protocol'
import type { Addresses } from './addresses.ts'
import { artifactPath, leaseHeaders, refusalIn } from './artifact-door.ts'
import type { Refused } from './control-plane.ts'
import { deadlineSignal } from './deadline-signal.ts'
import { Rejected, Unreachable } from './transport.ts'

export interface Download { lease: LeaseRef; name: string; signal: AbortSignal }
/** found: null where nothing has that name. */
export type Downloader = (download: Download) => Promise<{ found: Response | null } | Refused>

/** Until the answer begins; its bytes may take longer. */
const ANSWER_MS = 15_000

/** Ends like a request through the transport: an answer, a refusal, or Unreachable, Unauthorized, Rejected. */
export function createDownloader({ addresses, token }: { addresses: Addresses; token: string }): Downloader {
  return async ({ lease, name, signal }) => {
    const asked = addresses.current()
    const deadline = deadlineSignal(signal, ANSWER_MS)
    try {
      const response = await fetch(new URL(artifactPath({ lease, name }), asked), { headers: leaseHeaders({ lease, token }), signal: deadline.signal })
      if (response.ok) return { found: response }
      const refused = refusalIn(response.status, await response.text())
      return refused.code === 'NOT_FOUND' ? { found: null } : refused
    } catch (error) {
      if (error instanceof Rejected || error instanceof Unreachable) throw error
      signal.throwIfAborted()
      addresses.leave(asked)
      throw new Unreachable(`no answer from ${asked.origin}: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      deadline.release()
    }
  }
}
