import { NotFound } from '@sluice/domain'
import type { Call } from '../rest/route.ts'
import { ask, type Data, type StoredDocument } from '../rest/stored-document.ts'

/** size: how many rows at once; null = the list comes whole. way: where in the answer it stands. */
interface Pages { document: StoredDocument; variables: Data; way: string[]; size: number | null }
interface Connection { edges: { node: Data }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }

/** A list, page by page; the next one is asked for when this one was taken. */
export async function* pagesOf(call: Call, { document, variables, way, size }: Pages): AsyncGenerator<Data[], void> {
  let after: string | null = null
  do {
    const page = size === null ? {} : { first: Math.min(size, call.ctx.pages.max), after }
    const found = below(await ask(document, { ...variables, ...page }, call.ctx), way)
    if (size === null) return yield found as unknown as Data[]
    const { edges, pageInfo } = found as unknown as Connection
    yield edges.map(({ node }) => node)
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null
  } while (after !== null)
}

/** A list that is no connection, part by part: what follows the last one is asked for by its id. */
export async function* partsOf(call: Call, { document, variables, way, size }: Pages & { size: number }): AsyncGenerator<Data[], void> {
  const first = Math.min(size, call.ctx.pages.max)
  let after: unknown = null
  do {
    const part = below(await ask(document, { ...variables, first, after }, call.ctx), way) as unknown as Data[]
    yield part
    after = part.length < first ? null : part.at(-1)?.['id']
  } while (after !== null)
}

function below(data: Data, way: string[]): Data {
  return way.reduce<Data>((value, step) => {
    const next = value[step]
    // A flow that is deleted while it is written.
    if (next === null) throw new NotFound('It is gone.')
    return next as Data
  }, data)
}
