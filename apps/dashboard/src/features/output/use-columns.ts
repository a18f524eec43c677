import { useLayoutEffect, useState, type RefObject } from 'react'

/** Where nothing can be measured. */
const USUAL = 120
const MEASURED = 100

/** How many letters of its monospaced type stand beside each other in an element that has `probe` in it, less what its gutters take. */
export const useColumns = (scroller: RefObject<HTMLElement | null>, probe: RefObject<HTMLElement | null>): number => {
  const [columns, setColumns] = useState(USUAL)
  useLayoutEffect(() => {
    const [element, letters] = [scroller.current, probe.current]
    if (element === null || letters === null) return
    const look = () => {
      const letterPx = letters.getBoundingClientRect().width / MEASURED
      const roomPx = element.clientWidth - letters.offsetLeft
      if (letterPx > 0 && roomPx > 0) setColumns(Math.floor(roomPx / letterPx) - 1)
    }
    look()
    const sizes = new ResizeObserver(look)
    sizes.observe(element)
    return () => sizes.disconnect()
  }, [scroller, probe])
  return columns
}

/** The text that is measured. */
export const PROBE = '0'.repeat(MEASURED)
