import { createContext, useContext } from 'react'

/** Goes to an address of this site. The frame gives the router's way; without it, it is a whole load. */
export const GoContext = createContext<(address: string) => void>(address => location.assign(address))

export const useGo = () => useContext(GoContext)
