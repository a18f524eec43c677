import { cacheExchange } from '@urql/exchange-graphcache'
import { Client, fetchExchange, mapExchange, subscriptionExchange, type CombinedError } from 'urql'
import { cacheRules } from './cache.ts'
import { leadToSignIn } from './sign-in-address.ts'
import { createSocket } from './socket.ts'

const signedOut = (error: CombinedError) =>
  error.response?.status === 401 || error.graphQLErrors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED')

const toServer = { url: '/graphql', preferGetMethod: false, fetchOptions: { credentials: 'same-origin' as const } }
const whenSignedOut = () => mapExchange({ onError: error => { if (signedOut(error)) leadToSignIn() } })

/** For lists that keep their rows themselves: nothing of an answer stays here. */
export const createUncachedClient = () => new Client({ ...toServer, exchanges: [whenSignedOut(), fetchExchange] })

/** The GraphQL client: normalised cache, the cookie for queries, one socket for subscriptions. */
export const createGraphqlClient = () => {
  const socket = createSocket()
  return new Client({
    ...toServer,
    exchanges: [
      whenSignedOut(),
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
