import { useEffect, useRef } from 'react'

/** A row that is scrolled to when it becomes the one that was asked for, as by a link to it. */
export const useBroughtIntoView = (asked: boolean) => {
  const row = useRef<HTMLTableRowElement>(null)
  useEffect(() => { if (asked) row.current?.scrollIntoView({ block: 'nearest' }) }, [asked])
  return row
}
