/** What earlier attempts of its flow left behind, for the worker that has the lease: a resumed handler goes on from there. It may read nothing else (INV-35). */
import { Refusal } from '@sluice/domain'
import type { Actor } from '@sluice/domain'
import { transact } from '@sluice/db'
import type { LeaseRef } from '@sluice/protocol'
import type { Deps, Outcome } from '../deps.ts'
import { findArtifact } from '../sql/artifact-sql.ts'
import type { ArtifactRow } from '../sql/artifact-sql.ts'
import { lockLease } from './worker-lease.ts'

/** undefined: the lease is current, and nothing has that name. */
export const artifactOfLease = (deps: Pick<Deps, 'pool'>, cmd: { actor: Actor; lease: LeaseRef; name: string }): Promise<Outcome<ArtifactRow | undefined>> =>
  transact<Outcome<ArtifactRow | undefined>>(deps.pool, async tx => {
    const held = await lockLease(tx, cmd)
    return held instanceof Refusal ? held : findArtifact(tx, { flowId: cmd.lease.flowId, name: cmd.name })
  })
