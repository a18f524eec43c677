import { useEffect } from 'react'

const plain = (event: MouseEvent) => event.button === 0 && !event.defaultPrevented && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey

/** The address of a click that the router should follow, or null: other sites, other windows and whole loads are the browser's. */
const ownAddress = (event: MouseEvent): string | null => {
  const link = event.target instanceof Element ? event.target.closest('a') : null
  if (!link || !plain(event) || link.origin !== location.origin || link.target || link.hasAttribute('data-whole-load') || link.pathname === '/graphql') return null
  return link.hash ? null : link.pathname + link.search
}

/** Lets features use plain links: clicks on them become moves of the router. */
export const useLinkClicks = (onGo: (address: string) => void) => {
  useEffect(() => {
    const onClick = (event: MouseEvent) => {
      const address = ownAddress(event)
      if (address === null) return
      event.preventDefault()
      onGo(address)
    }
    document.addEventListener('click', onClick)
    return () => document.removeEventListener('click', onClick)
  }, [onGo])
}
