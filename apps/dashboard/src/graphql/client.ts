import { cacheExchange } from '@urql/exchange-graphcache'
import { Client, fetchExchange, mapExchange, subscriptionExchange, type CombinedError } from 'urql'
import { cacheRules } from './cache.ts'
import { leadToSignIn } from './sign-in-address.ts'
import { createSocket } from './socket.ts'

const signedOut = (error: CombinedError) =>
  error.response?.status === 401 || error.graphQLErrors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED')

/** The GraphQL client: normalised cache, the cookie for queries, one socket for subscriptions. */
export const createGraphqlClient = () => {
  const socket = createSocket()
  return new Client({
    url: '/graphql',
    preferGetMethod: false,
    fetchOptions: { credentials: 'same-origin' },
    exchanges: [
      mapExchange({ onError: error => { if (signedOut(error)) leadToSignIn() } }),
      cacheExchange(cacheRules),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: sink => ({ unsubscribe: socket.subscribe({ query: query ?? '', ...(variables ? { variables } : {}) }, sink) }),
        }),
      }),
    ],
  })
}
