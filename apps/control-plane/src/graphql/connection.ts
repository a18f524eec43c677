import { InvalidInput, LimitExceeded } from '@sluice/domain'
import type { Context } from './context.ts'
import { builder } from './builder.ts'

/** first and after, for lists that are read in one direction only. */
export const forwardArgs = () => builder.args((t) => ({
  first: t.int({ description: 'How many; PAGE_DEFAULT when absent, above PAGE_MAX refused.' }),
  after: t.string({ description: 'The cursor of the last one already seen.' }),
}))

/** Of a list that comes whole unless it is asked for in parts. */
export const partArgs = () => builder.args((t) => ({
  first: t.int({ description: 'How many, PAGE_MAX at most; absent = all.' }),
  after: t.id({ description: 'The id of the last one already seen.' }),
}))

/** Which part was asked for; null = all of it. @throws LimitExceeded, or InvalidInput for what can be no id */
export function partOf({ first, after }: { first?: number | null; after?: string | null }, ctx: Pick<Context, 'pages'>): Part | null {
  if (first == null && after == null) return null
  if (after != null && !/^\w*$/.test(after)) throw new InvalidInput(['after'], 'This is no id of one of these.')
  return { after: after ?? null, limit: pageSize(first ?? ctx.pages.max, ctx) }
}

export interface Part { after: string | null; limit: number }

/** The size of a page. @throws LimitExceeded above PAGE_MAX or below 1. */
export function pageSize(asked: number | null | undefined, { pages }: Pick<Context, 'pages'>): number {
  if (asked === null || asked === undefined) return Math.min(pages.default, pages.max)
  if (asked < 1 || asked > pages.max) throw new LimitExceeded(pages.max, `A page holds 1 to ${pages.max}.`)
  return asked
}

interface Edge<Node> { cursor: string; node: Node }

/** A page read forwards. Unless more is said, edges were read one beyond the size, to know whether there is a next page. */
export const forwardPage = <Node>(edges: Edge<Node>[], size: number, after: string | null | undefined, more = edges.length > size) => {
  const page = edges.slice(0, size)
  return {
    edges: page,
    pageInfo: {
      hasNextPage: more,
      hasPreviousPage: Boolean(after),
      startCursor: page[0]?.cursor ?? null,
      endCursor: page.at(-1)?.cursor ?? null,
    },
  }
}

export const connectionText = (what: string) => ({ description: `A page of ${what}.` })
export const edgeText = (what: string) => ({ description: `One of ${what} and its cursor.` })
