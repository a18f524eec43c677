import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react'

interface Hold { held: boolean; take(): () => void }

const HoldContext = createContext<Hold>({ held: false, take: () => () => {} })

/** Knows whether any menu or dialog is open: while one is, lists keep their order under the pointer. */
export function HoldOrderProvider({ children }: { children: ReactNode }) {
  const [holders, setHolders] = useState(0)
  const hold = useMemo<Hold>(() => ({
    held: holders > 0,
    take: () => {
      setHolders(n => n + 1)
      return () => setHolders(n => n - 1)
    },
  }), [holders])
  return <HoldContext.Provider value={hold}>{children}</HoldContext.Provider>
}

/** Holds the order of lists while `open`. */
export const useHoldOrder = (open: boolean) => {
  const { take } = useContext(HoldContext)
  const latest = useRef(take)
  latest.current = take
  useEffect(() => (open ? latest.current() : undefined), [open])
}

/**
 * The rows to show: the newest, or, while the order is held, the ones that were there, each with its newest content.
 * pending counts rows that came, went or moved meanwhile.
 */
export const useHeldRows = <Row,>(rows: readonly Row[], keyOf: (row: Row) => string): { rows: readonly Row[]; pending: number } => {
  const { held } = useContext(HoldContext)
  const shown = useRef(rows)
  if (!held) shown.current = rows
  if (!held || shown.current === rows) return { rows, pending: 0 }
  const newest = new Map(rows.map(row => [keyOf(row), row]))
  const before = shown.current.map(keyOf)
  return { rows: shown.current.map(row => newest.get(keyOf(row)) ?? row), pending: countMoves(before, rows.map(keyOf)) }
}

const countMoves = (before: string[], after: string[]) => {
  const stayed = new Set(after)
  const known = new Set(before)
  const kept = before.filter(key => stayed.has(key))
  const keptNow = after.filter(key => known.has(key))
  const placeBefore = new Map(kept.map((key, at) => [key, at]))
  const moved = kept.length - longestRise(keptNow.map(key => placeBefore.get(key) ?? 0))
  return before.length - kept.length + after.length - keptNow.length + moved
}

/** How many of the numbers can stay where they are so that those rise; the others are the ones that moved. */
const longestRise = (numbers: number[]): number => {
  const lowestEnd: number[] = []
  for (const number of numbers) {
    const at = lowestEnd.findIndex(end => end >= number)
    lowestEnd[at === -1 ? lowestEnd.length : at] = number
  }
  return lowestEnd.length
}
