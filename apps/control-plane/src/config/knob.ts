import type { Grammar } from './grammar.ts'

/** One thing an operator can set. */
export interface Knob<T> {
  name: string
  grammar: Grammar<T>
  /** As an operator would write it; null = none, and the value is null. */
  default: string | null
  /** One sentence. */
  meaning: string
  /** Its value is never printed, not in a refusal either, and only the server's own processes are told it. */
  secret?: true
}

interface Said {
  name: string
  meaning: string
  secret?: true
}

export const given = <T>(grammar: Grammar<T>, said: Said & { default: string }): Knob<T> => ({ ...said, grammar })
export const optional = <T>(grammar: Grammar<T>, said: Said): Knob<T | null> => ({ ...said, grammar, default: null })

export const isDuration = (knob: { grammar: { form: string } }): boolean => knob.grammar.form === 'duration'
