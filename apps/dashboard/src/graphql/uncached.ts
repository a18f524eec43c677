import { createContext, useContext } from 'react'
import { useClient, type Client } from 'urql'

export const UncachedContext = createContext<Client | null>(null)

/** The client for who keeps rows or output itself, since what the cache has once read it never lets go. Without a frame: the usual one. */
export const useUncachedClient = (): Client => {
  const usual = useClient()
  return useContext(UncachedContext) ?? usual
}
