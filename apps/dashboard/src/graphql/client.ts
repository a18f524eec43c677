import { cacheExchange } from '@urql/exchange-graphcache'
import { Client, fetchExchange, mapExchange, subscriptionExchange, type CombinedError } from 'urql'
import { cacheRules } from './cache.ts'
import { leadToSignIn } from './sign-in-address.ts'
import { createSocket } from './socket.ts'

const signedOut = (error: CombinedError) =>
  error.response?.status === 401 || error.graphQLErrors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED')

const toServer = { url: '/graphql', preferGetMethod: false, fetchOptions: { credentials: 'same-origin' as const } }
const whenSignedOut = () => mapExchange({ onError: error => { if (signedOut(error)) leadToSignIn() } })

const overSocket = () => {
  const socket = createSocket()
  return subscriptionExchange({
    forwardSubscription: ({ query, variables }) => ({
      subscribe: sink => ({ unsubscribe: socket.subscribe({ query: query ?? '', ...(variables ? { variables } : {}) }, sink) }),
    }),
  })
}

/**
 * The GraphQL clients, with the cookie for queries and one socket for subscriptions. usual: with the normalised cache. uncached: for who keeps rows
 * itself; nothing of an answer stays there.
 */
export const createGraphqlClients = () => {
  const socket = overSocket()
  return {
    usual: new Client({ ...toServer, exchanges: [whenSignedOut(), cacheExchange(cacheRules), fetchExchange, socket] }),
    uncached: new Client({ ...toServer, exchanges: [whenSignedOut(), fetchExchange, socket] }),
  }
}
