import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router'
import { useEffect } from 'react'
import { addressOf } from '../features/addresses.ts'
import { listSearch } from '../features/flow-list/list-search.ts'
import { waitSearch } from '../features/wait/wait-search.ts'
import { safeNext } from '../graphql/sign-in-address.ts'
import { deliveriesSearch } from '../pages/deliveries/deliveries-search.ts'
import { deliverySearch } from '../pages/delivery/delivery-search.ts'
import { endpointsSearch } from '../pages/endpoints/endpoints-search.ts'
import { FlowPage } from '../pages/flow/flow-page.tsx'
import { flowSearch } from '../pages/flow/flow-search.ts'
import { lanesSearch } from '../pages/lanes/lanes-search.ts'
import { newFlowSearch } from '../pages/new-flow/new-flow-search.ts'
import { QueuePage } from '../pages/queue/queue-page.tsx'
import { queueSearch } from '../pages/queue/queue-search.ts'
import { SignInPage } from '../pages/sign-in/sign-in-page.tsx'
import { signInSearch } from '../pages/sign-in/sign-in-search.ts'
import { workersSearch } from '../pages/workers/workers-search.ts'
import { keepAskedAddress, takeAskedAddress } from './asked-address.ts'
import { parseSearch, stringifySearch } from './search-params.ts'
import { SignedIn } from './signed-in.tsx'
import { useUnderstoodAddress } from './understood-address.ts'

// Loaded when they are opened, so that the first page stays light.
const ApprovalsPage = lazyRouteComponent(() => import('../pages/approvals/approvals-page.tsx'), 'ApprovalsPage')
const DeliveriesPage = lazyRouteComponent(() => import('../pages/deliveries/deliveries-page.tsx'), 'DeliveriesPage')
const DeliveryPage = lazyRouteComponent(() => import('../pages/delivery/delivery-page.tsx'), 'DeliveryPage')
const EndpointsPage = lazyRouteComponent(() => import('../pages/endpoints/endpoints-page.tsx'), 'EndpointsPage')
const FlowsPage = lazyRouteComponent(() => import('../pages/flows/flows-page.tsx'), 'FlowsPage')
const LanesPage = lazyRouteComponent(() => import('../pages/lanes/lanes-page.tsx'), 'LanesPage')
const NewFlowPage = lazyRouteComponent(() => import('../pages/new-flow/new-flow-page.tsx'), 'NewFlowPage')
const WorkersPage = lazyRouteComponent(() => import('../pages/workers/workers-page.tsx'), 'WorkersPage')

const rootRoute = createRootRoute({ component: Outlet, notFoundComponent: NotFound })
const signedInRoute = createRoute({ getParentRoute: () => rootRoute, id: 'signed-in', component: SignedIn })

const queueRoute = createRoute({
  getParentRoute: () => signedInRoute, path: '/', validateSearch: search => queueSearch.parse(search),
  component: function QueueRoute() {
    const navigate = queueRoute.useNavigate()
    return <QueuePage search={queueRoute.useSearch()} onSearch={search => void navigate({ search, resetScroll: false })} />
  },
})

const flowsRoute = createRoute({
  getParentRoute: () => signedInRoute, path: '/flows', validateSearch: search => listSearch.parse(search),
  component: function FlowsRoute() {
    const navigate = flowsRoute.useNavigate()
    const search = flowsRoute.useSearch()
    useUnderstoodAddress('/flows', listSearch, understood => void navigate({ search: understood, replace: true }))
    return <FlowsPage search={search} onSearch={(search, o) => void navigate({ search, replace: o?.replace ?? false, resetScroll: false })} />
  },
})

const newFlowRoute = createRoute({
  getParentRoute: () => signedInRoute, path: '/flows/new', validateSearch: search => newFlowSearch.parse(search),
  component: function NewFlowRoute() {
    const navigate = newFlowRoute.useNavigate()
    return <NewFlowPage search={newFlowRoute.useSearch()} onSearch={search => void navigate({ search, resetScroll: false })} />
  },
})

const flowRoute = createRoute({
  getParentRoute: () => signedInRoute, path: '/flows/$id', validateSearch: search => flowSearch.parse(search),
  component: function FlowRoute() {
    const navigate = flowRoute.useNavigate()
    const { id } = flowRoute.useParams()
    return <FlowPage key={id} id={id} search={flowRoute.useSearch()} onSearch={search => void navigate({ search, replace: true })} onDeleted={() => void navigate({ to: '/' })} />
  },
})

const approvalsRoute = createRoute({
  getParentRoute: () => signedInRoute, path: '/approvals', validateSearch: search => waitSearch.parse(search),
  component: function ApprovalsRoute() {
    const navigate = approvalsRoute.useNavigate()
    useUnderstoodAddress('/approvals', waitSearch, understood => void navigate({ search: understood, replace: true }))
    return <ApprovalsPage search={approvalsRoute.useSearch()} onSearch={search => void navigate({ search, replace: true, resetScroll: false })} />
  },
})

const lanesRoute = createRoute({
  getParentRoute: () => signedInRoute, path: '/lanes', validateSearch: search => lanesSearch.parse(search),
  component: function LanesRoute() {
    const navigate = lanesRoute.useNavigate()
    return <LanesPage search={lanesRoute.useSearch()} onSearch={search => void navigate({ search, resetScroll: false })} />
  },
})

const workersRoute = createRoute({
  getParentRoute: () => signedInRoute, path: '/workers', validateSearch: search => workersSearch.parse(search),
  component: function WorkersRoute() {
    const navigate = workersRoute.useNavigate()
    return <WorkersPage search={workersRoute.useSearch()} onSearch={search => void navigate({ search, resetScroll: false })} />
  },
})

const deliveriesRoute = createRoute({
  getParentRoute: () => signedInRoute, path: '/deliveries', validateSearch: search => deliveriesSearch.parse(search),
  component: function DeliveriesRoute() {
    const navigate = deliveriesRoute.useNavigate()
    useUnderstoodAddress('/deliveries', deliveriesSearch, understood => void navigate({ search: understood, replace: true }))
    return <DeliveriesPage search={deliveriesRoute.useSearch()} onSearch={search => void navigate({ search, resetScroll: false })} />
  },
})

const deliveryRoute = createRoute({
  getParentRoute: () => signedInRoute, path: '/deliveries/$id', validateSearch: search => deliverySearch.parse(search),
  component: function DeliveryRoute() {
    const navigate = deliveryRoute.useNavigate()
    const { id } = deliveryRoute.useParams()
    return <DeliveryPage key={id} id={id} search={deliveryRoute.useSearch()} onSearch={search => void navigate({ search, replace: true, resetScroll: false })} />
  },
})

const endpointsRoute = createRoute({
  getParentRoute: () => signedInRoute, path: '/endpoints', validateSearch: search => endpointsSearch.parse(search),
  component: function EndpointsRoute() {
    const navigate = endpointsRoute.useNavigate()
    return <EndpointsPage search={endpointsRoute.useSearch()} onSearch={search => void navigate({ search, resetScroll: false })} />
  },
})

const signInRoute = createRoute({
  getParentRoute: () => rootRoute, path: '/sign-in', validateSearch: search => signInSearch.parse(search),
  component: function SignInRoute() {
    const search = signInRoute.useSearch()
    useEffect(() => keepAskedAddress(search.next), [search.next])
    // A whole load, so that the page starts with the cookie it has just got.
    return <SignInPage search={search} onSignedIn={() => location.assign(takeAskedAddress() ?? safeNext(search.next))} />
  },
})

function NotFound() {
  return (
    <main className="mx-auto max-w-md p-6">
      <h1 className="m-0 text-[1.35rem] font-semibold">There is no such page</h1>
      <p className="mt-2"><a href={addressOf.queue()}>Go to the queue</a></p>
    </main>
  )
}

/** One line per page. */
export const router = createRouter({ parseSearch, stringifySearch, routeTree: rootRoute.addChildren([signedInRoute.addChildren([queueRoute, flowsRoute, newFlowRoute, flowRoute, approvalsRoute, lanesRoute, workersRoute, deliveriesRoute, deliveryRoute, endpointsRoute]), signInRoute]) })

declare module '@tanstack/react-router' {
  interface Register { router: typeof router }
}
