import type { Json } from '@sluice/protocol'

/** What an operator edits of a lane, as the form holds it. An empty text = not said: then the kind or the system decides. */
export interface LaneFields {
  waitingHoldsSlot: boolean
  priority: string
  maxAttempts: string
  onLeaseLost: '' | 'FAIL' | 'RETRY'
  attemptTimeoutSeconds: string
  queueTtlSeconds: string
}

export interface LaneSettings { waitingHoldsSlot: boolean; defaults: Json }

type Name = keyof LaneFields
type NumberName = Exclude<Name, 'waitingHoldsSlot' | 'onLeaseLost'>

/** Each setting as people read it, in the order of the form. */
export const FIELD_WORDS: Record<Name, string> = {
  waitingHoldsSlot: 'A released wait keeps its slot', priority: 'Priority', maxAttempts: 'Attempts at most', onLeaseLost: 'If the worker falls silent',
  attemptTimeoutSeconds: 'Attempt at most, seconds', queueTtlSeconds: 'Wait to start at most, seconds',
}

const BOUNDS: Record<NumberName, { min: number; max: number }> = {
  priority: { min: 0, max: 9000 }, maxAttempts: { min: 1, max: 100 }, attemptTimeoutSeconds: { min: 1, max: 2_000_000_000 }, queueTtlSeconds: { min: 1, max: 2_000_000_000 },
}

const NUMBERS = Object.keys(BOUNDS) as NumberName[]
const NAMES = Object.keys(FIELD_WORDS) as Name[]

export const EMPTY_FIELDS: LaneFields = { waitingHoldsSlot: true, priority: '', maxAttempts: '', onLeaseLost: '', attemptTimeoutSeconds: '', queueTtlSeconds: '' }

const objectOf = (defaults: Json): Record<string, Json> => (typeof defaults === 'object' && defaults !== null && !Array.isArray(defaults) ? defaults : {})

export const fieldsOf = ({ waitingHoldsSlot, defaults }: LaneSettings): LaneFields => {
  const given = objectOf(defaults)
  const texts = Object.fromEntries(NUMBERS.map(name => [name, typeof given[name] === 'number' ? String(given[name]) : ''])) as Record<NumberName, string>
  const lost = given['onLeaseLost']
  return { waitingHoldsSlot, ...texts, onLeaseLost: lost === 'FAIL' || lost === 'RETRY' ? lost : '' }
}

/** The defaults that the fields say. What the form does not know of those that were there is kept. */
export const defaultsOf = (fields: LaneFields, before: Json = {}): Json => {
  const unknown = Object.entries(objectOf(before)).filter(([name]) => !NAMES.includes(name as Name))
  const numbers = NUMBERS.flatMap(name => (fields[name].trim() === '' ? [] : [[name, Number(fields[name])] as const]))
  return Object.fromEntries([...unknown, ...numbers, ...(fields.onLeaseLost === '' ? [] : [['onLeaseLost', fields.onLeaseLost] as const])])
}

/** Which fields cannot be as they are, each with the reason. */
export const wrongFields = (fields: LaneFields): Partial<Record<Name, string>> => Object.fromEntries(NUMBERS.flatMap(name => {
  const text = fields[name].trim()
  const { min, max } = BOUNDS[name]
  const right = text === '' || (/^\d+$/.test(text) && Number(text) >= min && Number(text) <= max)
  return right ? [] : [[name, `A whole number from ${min} to ${max.toLocaleString('en')}, or empty.`]]
}))

/** A setting in words. */
export const valueWords = (fields: LaneFields, name: Name): string => {
  if (name === 'waitingHoldsSlot') return fields.waitingHoldsSlot ? 'yes' : 'no'
  if (name === 'onLeaseLost' && fields.onLeaseLost !== '') return fields.onLeaseLost === 'RETRY' ? 'try again' : 'fail'
  return fields[name] === '' ? 'not set' : fields[name]
}

/** What became different from one to the other, a sentence each. */
export const changesBetween = (before: LaneFields, after: LaneFields): string[] =>
  NAMES.filter(name => before[name] !== after[name]).map(name => `${FIELD_WORDS[name]}: ${valueWords(after, name)}, was ${valueWords(before, name)}`)
