import type { WaitTimeout } from '@sluice/protocol'
import { shortenId } from '../../ui/short-id.tsx'
import type { Wait } from './wait-documents.ts'

/** Words at the head of a decision that undo or refuse something. Only the name tells: decisions are any words. */
const DESTRUCTIVE = /^(?:reject|refuse|deny|decline|cancel|abort|stop|delete|destroy|discard|kill|no)(?:$|[^a-z])/i

export const isDestructive = (decision: string): boolean => DESTRUCTIVE.test(decision)

/** What a button says: the word itself, with a capital. */
export const nameOfDecision = (decision: string): string => decision.charAt(0).toUpperCase() + decision.slice(1)

/** The first that destroys nothing is the one that is meant to be pressed. */
export const lookOfDecision = (decision: string, all: readonly string[]): 'primary' | 'danger' | 'plain' => {
  if (isDestructive(decision)) return 'danger'
  return all.find(one => !isDestructive(one)) === decision ? 'primary' : 'plain'
}

const ROLES: Record<string, string> = { 'role:viewer': 'viewers', 'role:submitter': 'submitters', 'role:operator': 'operators', 'role:admin': 'admins' }

const listed = (names: string[]): string => (names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`)

/** Who may answer, in words. Roles include those above them. */
export const answerersOf = ({ answerableBy, flow }: Pick<Wait, 'answerableBy' | 'flow'>, names: ReadonlyMap<string, string>): string =>
  listed(answerableBy.length === 0 ? [flow.owner.name, 'operators'] : answerableBy.map(one => ROLES[one] ?? names.get(one) ?? shortenId(one)))

/** Why the viewer cannot answer; null = it can. */
export const whyNoAnswer = (wait: Wait, names: ReadonlyMap<string, string>): string | null => {
  if (wait.answer !== null) return 'It was answered.'
  if (wait.state !== 'OPEN' && wait.state !== 'PENDING') return 'Its flow does not wait for it any more.'
  return wait.viewerMayAnswer ? null : `It may be answered by ${answerersOf(wait, names)}.`
}

export const TIMEOUT_WORDS: Record<WaitTimeout, string> = { FAIL: 'then it fails', CANCEL: 'then it is cancelled', AUTO_RESUME: 'then it goes on by itself' }

/** By whom: somebody, whoever had the link, or its timeout. you: the id of who looks. */
export const answererName = ({ by, principal }: NonNullable<Wait['answer']>, you: string | undefined): string => {
  if (by === 'token') return 'whoever had its link'
  if (by === 'timeout') return 'its timeout'
  return principal?.id === you && you !== undefined ? 'you' : (principal?.name ?? shortenId(by))
}
