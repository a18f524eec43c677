import { useSyncExternalStore } from 'react'

/** From how many pixels on each of the style sheet's widths begins. */
const WIDTHS = { md: 768, lg: 1024, xl: 1280 }

/** How many columns a table has at any width, and how many more from each width on. */
export interface Columns { always: number; md: number; lg: number; xl: number }

const subscribe = (listener: () => void) => {
  addEventListener('resize', listener)
  return () => removeEventListener('resize', listener)
}

/** How many columns of a table are shown now: a cell that spans more than those would make empty ones. */
export const useColumnCount = ({ always, md, lg, xl }: Columns): number =>
  useSyncExternalStore(subscribe, () => always + (innerWidth >= WIDTHS.md ? md : 0) + (innerWidth >= WIDTHS.lg ? lg : 0) + (innerWidth >= WIDTHS.xl ? xl : 0))
