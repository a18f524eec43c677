/** Asks one control plane after another until one answers, as a client behind a list of addresses does. */
import { GraphQlFailure, type ControlPlane, type Fleet, type FleetActor, type Submitter } from '@sluice/testkit/world'

const ANSWER_WITHIN_MS = 2_000
const PAUSE_MS = 20

/** `dice` chooses whom to ask. What got no answer is asked again, so it must be repeatable; a refusal is thrown. */
export async function answered<T>(o: { fleet: Fleet; actor: FleetActor; dice(): number }, call: (as: Submitter) => Promise<T>): Promise<T> {
  for (;;) {
    const at = o.fleet.controlPlanes[Math.floor(o.dice() * o.fleet.controlPlanes.length)] as ControlPlane
    try {
      return await call(o.actor.at(at, { answerWithinMs: ANSWER_WITHIN_MS }))
    } catch (error) {
      if (!isSilence(error)) throw error
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS))
    }
  }
}

const isSilence = (error: unknown): boolean =>
  error instanceof TypeError || error instanceof DOMException || (error instanceof GraphQlFailure && /HTTP 5\d\d|INTERNAL/.test(error.message))
