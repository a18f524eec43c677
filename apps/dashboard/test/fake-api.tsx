import { cacheExchange } from '@urql/exchange-graphcache'
import { act, render, waitFor } from '@testing-library/react'
import type { ReactElement } from 'react'
import { Client, fetchExchange, Provider, subscriptionExchange } from 'urql'
import { cacheRules } from '../src/graphql/cache.ts'
import { ViewerContext, type ViewerData } from '../src/graphql/viewer.ts'
import { GoContext } from '../src/ui/go.ts'
import { HoldOrderProvider } from '../src/ui/hold-order.tsx'
import { NoticesProvider } from '../src/ui/notices.tsx'

type Answers = Record<string, (variables: Record<string, unknown>) => object>
interface Listener { name: string; next(result: { data: object }): void; complete(): void }

const nameOf = (document: string) => /(?:query|mutation|subscription)\s+(\w+)/.exec(document)?.[1] ?? ''

/** The far end of the wire: answers operations by their names, with data or with { errors }, and lets a test send what a subscription would. */
export const createFakeApi = (answers: Answers) => {
  const heard: string[] = []
  const sent: { name: string; variables: Record<string, unknown> }[] = []
  const subscribed: { name: string; variables: Record<string, unknown> }[] = []
  const listeners = new Set<Listener>()
  const answer: typeof fetch = (_url, init) => {
    const body = JSON.parse(init?.body as string) as { query: string; variables: Record<string, unknown> }
    const name = nameOf(body.query)
    heard.push(name)
    sent.push({ name, variables: body.variables })
    const make = answers[name]
    if (!make) throw new Error(`No answer for ${name}`)
    const made = make(body.variables)
    const result = 'errors' in made ? made : { data: { __typename: 'Query', serverTime: '2026-11-21T10:00:00.000Z', ...made } }
    return Promise.resolve(new Response(JSON.stringify(result), { headers: { 'content-type': 'application/json' } }))
  }
  const client = new Client({
    url: 'http://fake.test/graphql',
    preferGetMethod: false,
    fetch: answer,
    exchanges: [
      cacheExchange(cacheRules), fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: sink => {
            const listener = { ...sink, name: nameOf(query ?? ''), next: sink.next.bind(sink), complete: sink.complete.bind(sink) }
            heard.push(listener.name)
            subscribed.push({ name: listener.name, variables: variables ?? {} })
            listeners.add(listener)
            return { unsubscribe: () => { listeners.delete(listener) } }
          },
        }),
      }),
    ],
  })
  const listening = (name: string) => [...listeners].filter(listener => listener.name === name)
  /** Sends an item to whoever listens, as soon as somebody does. */
  const send = async (name: string, data: object) => {
    await waitFor(() => { if (listening(name).length === 0) throw new Error(`Nobody listens to ${name}`) })
    act(() => { for (const listener of listening(name)) listener.next({ data: { __typename: 'Subscription', ...data } }) })
  }
  return { client, heard, sent, subscribed, send }
}

export const admin: ViewerData = {
  permissions: ['createFlow', 'cancelFlow', 'retryFlow', 'promoteNow', 'promoteNow.force', 'setFlowPriority', 'holdFlow', 'releaseFlow', 'pauseLane', 'resumeLane', 'drainLane', 'deleteFlow', 'setCap', 'webhookEndpoints', 'webhookDeliveries'],
  expiresAt: null, principal: { id: 'prn_admin', name: 'admin', roles: ['ADMIN'] },
}

export const viewer: ViewerData = { permissions: ['flow', 'flows'], expiresAt: null, principal: { id: 'prn_viewer', name: 'viewer', roles: ['VIEWER'] } }

export const submitter: ViewerData = { permissions: ['createFlow:own', 'cancelFlow:own', 'retryFlow:own'], expiresAt: null, principal: { id: 'prn_submitter', name: 'submitter', roles: ['SUBMITTER'] } }

/** Renders within everything that a page stands in. */
export const renderWith = (element: ReactElement, { answers = {}, as = admin }: { answers?: Answers; as?: ViewerData } = {}) => {
  const api = createFakeApi(answers)
  const went: string[] = []
  const frame = <HoldOrderProvider><NoticesProvider><main>{element}</main></NoticesProvider></HoldOrderProvider>
  const view = render(
    <Provider value={api.client}><GoContext value={address => went.push(address)}><ViewerContext value={as}>{frame}</ViewerContext></GoContext></Provider>,
  )
  return { api, went, ...view }
}
