/**
 * The questions of one command. A process cannot be unwound, so its waits are held for as long as they take. One key is one question: asked
 * again in the same run, by a part of a script or after the first asker was killed, it has the same answer.
 */
import { DEFAULT_DECISIONS, type Json, type WaitKind } from '@sluice/protocol'
import { fail, type Answer, type AskOptions, type FlowContext } from '@sluice/worker'
import type { Countdown } from './countdown.ts'
import { EXIT_REFUSED, EXIT_UNANSWERED } from './exit-codes.ts'

/** As it comes through the door; nobody has checked it yet. */
export interface Question {
  key?: string; prompt?: string; form?: Json; decisions?: string[]; answerableBy?: string[]; kind?: WaitKind; timeout?: string
  /** `answer`: the command hears of it and decides. Default. */
  onTimeout?: 'answer' | 'fail' | 'cancel'
}

export interface Questions {
  /** Throws what cannot be asked as a FlowFailure. */
  ask(question: Question): Promise<Answer>
  /** A no, or that nobody answered, passed on by the command as its own exit code: it is remembered, so another attempt would be told the same. */
  isPassedOn(exitCode: number | null): boolean
}

export function createQuestions({ ask, countdown }: Pick<FlowContext, 'ask'> & { countdown: Countdown }): Questions {
  const asked = new Map<string, Promise<Answer>>()
  const told = new Set<number>()

  const put = async (key: string, options: AskOptions): Promise<Answer> => {
    countdown.pause()
    try {
      return await ask(key, options)
    } finally {
      countdown.resume()
    }
  }

  return {
    ask: async question => {
      const key = question.key ?? ''
      const options = optionsOf(question)
      const pending = asked.get(key) ?? put(key, options)
      asked.set(key, pending)
      const answer = await pending
      if (answer.by === 'timeout') told.add(EXIT_UNANSWERED)
      else if (answer.decision === 'reject') told.add(EXIT_REFUSED)
      return answer
    },
    isPassedOn: exitCode => exitCode !== null && told.has(exitCode),
  }
}

function optionsOf({ prompt, form, decisions, answerableBy, kind = 'APPROVAL', timeout, onTimeout = 'answer' }: Question): AskOptions {
  const words: readonly string[] = decisions ?? DEFAULT_DECISIONS[kind] ?? []
  if (!isTexts(words) || words.length === 0) throw refuse('decisions are words, at least one')
  if (answerableBy !== undefined && !isTexts(answerableBy)) throw refuse('answerable-by are roles or principals')
  if (!isTextOrNothing(prompt) || !isTextOrNothing(timeout)) throw refuse('prompt and timeout are texts')
  if (!Object.hasOwn(ON_TIMEOUT, onTimeout)) throw refuse(`on-timeout is one of ${Object.keys(ON_TIMEOUT).join(', ')}`)
  return {
    kind, decisions: words, holdMs: Infinity, releaseAtStop: true,
    ...(prompt !== undefined && { prompt }), ...(form !== undefined && { form }), ...(answerableBy !== undefined && { answerableBy }),
    ...(timeout !== undefined && { timeout, onTimeout: ON_TIMEOUT[onTimeout] }),
    // The command tells it from a person's answer by whom it is of.
    ...(timeout !== undefined && onTimeout === 'answer' && { timeoutAnswer: { decision: words.includes('reject') ? 'reject' : words.at(-1) ?? '' } }),
  }
}

const ON_TIMEOUT = { answer: 'AUTO_RESUME', fail: 'FAIL', cancel: 'CANCEL' } as const

const refuse = (problem: string) => fail({ code: 'INVALID_WAIT', message: problem, retryable: false })
const isTextOrNothing = (value: unknown) => value === undefined || typeof value === 'string'
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(word => typeof word === 'string')
