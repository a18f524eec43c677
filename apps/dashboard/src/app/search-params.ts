/** What stands behind the question mark, as pages see it: texts, and lists of texts where a name is repeated. */
export type SearchParams = Record<string, string | string[]>

/** ?status=FAILED&status=CANCELLED is a list. Nothing is taken for JSON: a lane may be called 123 or true. */
export const parseSearch = (text: string): SearchParams => {
  const params = new URLSearchParams(text)
  return Object.fromEntries([...new Set(params.keys())].map(name => {
    const values = params.getAll(name)
    return [name, values.length === 1 ? (values[0] ?? '') : values]
  }))
}

/** Whether an address says more than a page understood of it: what nobody can mean was dropped. */
export const saysMore = (text: string, understood: Record<string, unknown>): boolean =>
  [...new URLSearchParams(text)].length > [...new URLSearchParams(stringifySearch(understood))].length

/** The way back; what is undefined, and an empty list, is left out. */
export const stringifySearch = (search: Record<string, unknown>): string => {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null) params.append(name, String(one))
    }
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}
