import { useEffect, useState, useSyncExternalStore } from 'react'
import type { AnyVariables, Client, CombinedError, DocumentInput } from 'urql'
import { useUncachedClient } from '../graphql/uncached.ts'
import { useLive, type LiveItem } from '../graphql/use-live.ts'
import type { ListItem, ListRules } from '../ui/paged-list/list-news.ts'
import type { ReadPage, WithId } from '../ui/paged-list/list-pages.ts'
import { ListReader, type ReadList } from '../ui/paged-list/list-reader.ts'

export const PAGE_SIZE = 100

interface Options<Row, Data, Variables> {
  /** Which list it is, with all that it is asked for. */
  key: string
  read: ReadList<Row>
  rules: ListRules<Row>
  subscription: DocumentInput<Data, Variables>
  variables: Variables
  item(data: Data): LiveItem & ListItem<Row>
  /** Something changed. */
  onChange(): void
}

/** A list that is read page by page and kept up to date by a subscription. What it is asked for must not change while this lives: another search is another list. */
export const useLiveList = <Row extends WithId, Data, Variables extends AnyVariables>({ key, read, rules, subscription, variables, item, onChange }: Options<Row, Data, Variables>) => {
  const list = useKeptList({ key, read, rules })
  const live = useLive({
    subscription, variables, item,
    onItem: data => list.hear(item(data)), onChange: () => { list.settle(); onChange() },
  })
  useEffect(() => { if (live.ready) list.begin() }, [live.ready, list])
  return { list, view: useSyncExternalStore(list.listen, list.view) }
}

/** The list that was left last, by client: who opens a row and goes back finds the rows and the place again. */
const kept = new WeakMap<Client, { key: string; list: unknown }>()

const useKeptList = <Row extends WithId>({ key, read, rules }: Pick<Options<Row, never, never>, 'key' | 'read' | 'rules'>): ListReader<Row> => {
  const client = useUncachedClient()
  const [list] = useState(() => {
    const left = kept.get(client)
    return left?.key === key ? (left.list as ListReader<Row>) : new ListReader({ read, rules })
  })
  useEffect(() => () => { kept.set(client, { key, list }) }, [client, key, list])
  return list
}

interface Connection<Row> { edges: readonly { node: Row }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } }

/** A connection as a page of a list. */
export const pageOf = <Row>(after: string | null, { edges, pageInfo }: Connection<Row>): ReadPage<Row> =>
  ({ after, rows: edges.map(({ node }) => node), next: pageInfo.hasNextPage ? pageInfo.endCursor : null, end: pageInfo.endCursor })

/** Why a list could not be read. narrower: what to choose where it took too long. */
export const whyUnread = (error: CombinedError | undefined, narrower: string): string => {
  if (!error || error.networkError) return 'The control plane cannot be reached.'
  const tooMuch = error.graphQLErrors.some(({ extensions }) => extensions['code'] === 'LIMIT_EXCEEDED')
  return error.graphQLErrors.map(one => one.message).join(' ') + (tooMuch ? ` ${narrower}` : '')
}
