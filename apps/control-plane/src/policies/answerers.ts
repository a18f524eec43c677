import type { AnswererNames, OwnedFlow } from '@sluice/engine'
import { mayRun, rolesOf, type Viewer } from './policy.ts'

const NOBODY: AnswererNames = { names: [], asOwner: null, asOperator: false, override: false }

/**
 * As whom the viewer may answer waits. One that names nobody is answered by who owns its flow and may submit, and by operators; one that names somebody
 * by those, in the roles that they have or that theirs include. Admins may answer any: they could end the flow, or sign in as who is named, and so the
 * audit says that it was they. What a wait says of who may answer gives no right to read its flow (INV-38).
 */
export function answererOf(viewer: Viewer): AnswererNames {
  if (!mayRun(viewer, 'resolveWaitpoint')) return NOBODY
  const roles = rolesOf(viewer)
  return {
    names: [...roles.map((role) => `role:${role.toLowerCase()}`), viewer.principalId],
    asOwner: roles.includes('SUBMITTER') ? viewer.principalId : null,
    asOperator: roles.includes('OPERATOR'),
    override: mayRun(viewer, 'resolveWaitpoint.override'),
  }
}

/** Whether the viewer may answer a waitpoint of this flow that names these; that it may read the flow was seen to. */
export function mayAnswer(viewer: Viewer, flow: Pick<OwnedFlow, 'principalId'>, answerableBy: readonly string[]): boolean {
  const { names, asOwner, asOperator, override } = answererOf(viewer)
  if (override) return true
  if (answerableBy.length === 0) return asOperator || flow.principalId === asOwner
  return answerableBy.some((name) => names.includes(name))
}
