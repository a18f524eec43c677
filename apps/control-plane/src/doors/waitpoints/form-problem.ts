import type { Problem } from '../rest/problem.ts'
import type { FormField } from './form-fields.ts'

/** Why an answer was not taken, for a person: of which field of the form, and what it must be ("must be at least 1."). */
export interface FormProblem { field: FormField | null; sentence: string }

/** A refusal names the way to what is wrong by its keys; who reads the page knows titles. */
export function formProblem({ message, details: { path = [] } }: Problem, fields: FormField[] | null): FormProblem {
  const [argument, name, ...inside] = path
  const field = argument === 'payload' && inside.length === 0 ? fields?.find((one) => one.name === name) : undefined
  const prefix = `${path.join('.')} `
  if (argument !== 'payload' || !message.startsWith(prefix)) return { field: field ?? null, sentence: message }
  const must = inWords(message.slice(prefix.length))
  return field ? { field, sentence: must } : { field: null, sentence: `${path.slice(1).join('.') || 'The answer'} ${must}` }
}

/** The validator's words as one would say them; what has none stays as it is. */
const inWords = (must: string): string => WORDS.reduce((said, [from, to]) => said.replace(from, to), must)

const WORDS: [RegExp, string][] = [
  [/^must have required property .*$/s, 'must be given.'],
  [/^must be >= /, 'must be at least '], [/^must be <= /, 'must be at most '], [/^must be > /, 'must be more than '], [/^must be < /, 'must be less than '],
  [/^must NOT have fewer than /, 'must have at least '], [/^must NOT have more than /, 'must have at most '],
  [/^must be multiple of /, 'must be a multiple of '], [/^must be integer\.$/, 'must be a whole number.'], [/^must be number\.$/, 'must be a number.'],
  [/^must be equal to one of the allowed values\.$/, 'must be one of the choices.'],
  [/^must match pattern /, 'must have the form '], [/^must match format /, 'must have the form '],
]
