import { Outlet, useRouter, useRouterState } from '@tanstack/react-router'
import { useCallback, useEffect, useState } from 'react'
import { Provider } from 'urql'
import { createGraphqlClients } from '../graphql/client.ts'
import { UncachedContext } from '../graphql/uncached.ts'
import { ViewerContext } from '../graphql/viewer.ts'
import { GoContext } from '../ui/go.ts'
import { HoldOrderProvider } from '../ui/hold-order.tsx'
import { NoticesProvider } from '../ui/notices.tsx'
import { takeAskedAddress } from './asked-address.ts'
import { Layout } from './layout.tsx'
import { useLinkClicks } from './link-clicks.ts'
import { useViewerAndClock } from './use-viewer-and-clock.ts'

/** Everything that needs a session. The clients and their socket live as long as this does. */
export function SignedIn() {
  const [{ usual, uncached }] = useState(createGraphqlClients)
  return <Provider value={usual}><UncachedContext value={uncached}><HoldOrderProvider><NoticesProvider><Frame /></NoticesProvider></HoldOrderProvider></UncachedContext></Provider>
}

function Frame() {
  const router = useRouter()
  const path = useRouterState({ select: state => state.location.pathname })
  const go = useCallback((address: string) => {
    if (address.startsWith('/graphql')) location.assign(address)
    else router.history.push(address)
  }, [router])
  useLinkClicks(go)
  const { viewer } = useViewerAndClock()
  useEffect(() => {
    const asked = viewer && location.pathname === '/' ? takeAskedAddress() : null
    if (asked !== null) go(asked)
  }, [viewer, go])
  return <GoContext value={go}><ViewerContext value={viewer}><Layout path={path} onGo={go}><Outlet /></Layout></ViewerContext></GoContext>
}
