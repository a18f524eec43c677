import { createContext, useContext } from 'react'

/** Set inside what stands above the page: a dialog, a popover. */
export const AbovePage = createContext(false)

/**
 * Where menus and tooltips are put: inside the main landmark, so that whoever moves by landmarks finds them. Those of a dialog or a popover stay with it
 * (undefined), since the landmark lies below it.
 */
export const useLayer = (): HTMLElement | undefined => {
  const above = useContext(AbovePage)
  return above ? undefined : (document.querySelector<HTMLElement>('main') ?? document.body)
}
