import { useMemo, useRef } from 'react'
import { useLive } from '../../graphql/use-live.ts'
import { useLoaded } from '../../graphql/use-loaded.ts'
import { useHeldRows } from '../../ui/hold-order.tsx'
import { WaitList_Changed, WaitList_Query, type Wait } from './wait-documents.ts'
import { toFilter, type WaitSearch } from './wait-search.ts'

/** One answers the oldest first: behind so many, a page of its own. */
const PAGE_SIZE = 100
const NONE = {}

/**
 * What stands open, the oldest first, live. What was answered goes at once, but for those in `kept`, which stay at their place until they are let go.
 * pending: how many came or went while the order is held under a pointer.
 */
export const useWaitList = (search: WaitSearch, kept: ReadonlySet<string>) => {
  const known = useRef(new Map<string, Wait>())
  const live = useLive({
    subscription: WaitList_Changed, variables: NONE, item: data => data.waitpointsChanged, onChange: () => page.refresh(),
    onItem: ({ waitpointsChanged: { waitpoint } }) => { if (waitpoint) known.current.set(waitpoint.id, waitpoint) },
  })
  const variables = useMemo(() => ({ filter: toFilter(search), first: PAGE_SIZE, after: search.after ?? null }), [search])
  const page = useLoaded({ query: WaitList_Query, variables, ready: live.ready })
  const read = page.data?.waitpoints.edges.map(({ node }) => node) ?? NO_ROWS
  const { rows, pending } = useHeldRows(shownOf(read, known.current, kept), ({ id }) => id)
  known.current = new Map([...read, ...rows].map(({ id }) => [id, read.find(one => one.id === id) ?? known.current.get(id)]).filter((entry): entry is [string, Wait] => entry[1] !== undefined))
  return { page, rows: rows.map(row => known.current.get(row.id) ?? row), pending }
}

const NO_ROWS: Wait[] = []

/** Those that are open, and those that are kept, each as it was last heard of, by when they opened. */
export const shownOf = (read: readonly Wait[], known: ReadonlyMap<string, Wait>, kept: ReadonlySet<string>): Wait[] => {
  const there = new Set(read.map(({ id }) => id))
  const missed = [...kept].filter(id => !there.has(id)).flatMap(id => known.get(id) ?? [])
  return [...read.filter(({ id, state }) => state === 'OPEN' || kept.has(id)), ...missed].toSorted(byOpening)
}

const byOpening = (a: Wait, b: Wait): number => (a.openedAt ?? '').localeCompare(b.openedAt ?? '') || a.id.localeCompare(b.id)
