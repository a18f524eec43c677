import { array, catch as orElse, enum as oneOf, iso, optional, pipe, string, transform } from 'zod/mini'

/** What stands in addresses, for the search schemas of pages. A value that nobody can mean is dropped. */

// A name that stands once in an address is a text, one that is repeated a list of them.
const asList = (value: unknown): unknown[] | undefined => {
  const list = (Array.isArray(value) ? value : [value]).filter(one => one !== undefined && one !== '')
  return list.length > 0 ? [...new Set(list)] : undefined
}

/** Any texts. */
export const words = orElse(optional(pipe(transform(asList), optional(array(string())))), undefined)

/** Some of a list of words. */
export const wordsOf = <const Word extends string>(known: readonly Word[]) => {
  const isKnown = (word: unknown): word is Word => known.some(one => one === word)
  return orElse(optional(pipe(transform((value: unknown) => asList(asList(value)?.filter(isKnown) ?? [])), optional(array(oneOf(known as readonly Word[]))))), undefined)
}

/** One word of a list. */
export const wordOf = <const Word extends string>(known: readonly Word[]) => orElse(optional(oneOf(known as readonly Word[])), undefined)

export const instant = orElse(optional(iso.datetime({ offset: true })), undefined)
export const text = orElse(optional(string()), undefined)

/** Only the fields that are there. */
export const given = <Fields extends object>(fields: Fields): Partial<Fields> => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Fields>
