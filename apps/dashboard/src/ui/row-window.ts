import { useLayoutEffect, useState, type RefObject } from 'react'

/** Rows beyond either edge that are there already, so that a quick scroll and the next focus find them. */
const BESIDE = 12

interface Options { scroller: RefObject<HTMLElement | null>; count: number; rowPx: number }

/** Which rows of a long list to make: those that a scrolling element shows, and some beside. All rows are equally high. first > last: none. */
export const useRowWindow = ({ scroller, count, rowPx }: Options): { first: number; last: number } => {
  const [seen, setSeen] = useState({ from: 0, rows: 0 })
  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const look = () => {
      const from = Math.floor(element.scrollTop / rowPx)
      const rows = Math.ceil(element.clientHeight / rowPx)
      setSeen(now => (now.from === from && now.rows === rows ? now : { from, rows }))
    }
    look()
    element.addEventListener('scroll', look, { passive: true })
    const sizes = new ResizeObserver(look)
    sizes.observe(element)
    return () => {
      element.removeEventListener('scroll', look)
      sizes.disconnect()
    }
  }, [scroller, rowPx])
  return { first: Math.max(0, Math.min(seen.from - BESIDE, count - 1)), last: Math.min(count - 1, seen.from + seen.rows + BESIDE) }
}
