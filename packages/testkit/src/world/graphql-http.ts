/** Documents over POST /graphql, in somebody's name. */
export interface Ask {
  url: string
  token: string
  document: string
  variables?: Record<string, unknown> | undefined
  signal?: AbortSignal | undefined
}

/** The answer had errors: a bug or a bad document, never an expected refusal. */
export class GraphQlFailure extends Error {
  override readonly name = 'GraphQlFailure'
}

/** Answers data, throws GraphQlFailure on errors, and whatever fetch throws when nobody answers. */
export async function ask<T>(o: Ask): Promise<T> {
  const response = await fetch(new URL('/graphql', o.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${o.token}` },
    body: JSON.stringify({ query: o.document, variables: o.variables ?? {} }),
    signal: o.signal ?? null,
  })
  const text = await response.text()
  const answer = parsed(text) as { data?: T; errors?: unknown[] } | null
  if (!answer?.data || answer.errors) throw new GraphQlFailure(`HTTP ${response.status}: ${text.slice(0, 1000)}\nasked: ${o.document}`)
  return answer.data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
