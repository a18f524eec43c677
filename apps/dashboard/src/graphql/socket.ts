import { createClient } from 'graphql-ws'
import { currentConnection, heard, updateConnection } from './connection.ts'
import { leadToSignIn } from './sign-in-address.ts'

const PING_MS = 10_000
const PONG_MS = 5_000
/** The server closes with these when the session is missing or was revoked. */
const SIGNED_OUT = new Set([4401, 4403])

const address = () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`
const closeCode = (event: unknown) => (event instanceof CloseEvent ? event.code : 0)

/** The one socket of the page. It reconnects for ever with a growing pause, unless the session is gone. */
export const createSocket = () => {
  let awaitedPong: ReturnType<typeof setTimeout> | undefined
  return createClient({
    url: address,
    lazy: false,
    keepAlive: PING_MS,
    retryAttempts: Infinity,
    shouldRetry: event => !SIGNED_OUT.has(closeCode(event)),
    retryWait: async retries => {
      const pause = Math.min(10_000, 250 * 2 ** retries)
      await new Promise(resolve => setTimeout(resolve, pause * (0.5 + Math.random())))
    },
    onNonLazyError: event => { if (SIGNED_OUT.has(closeCode(event))) leadToSignIn() },
    on: {
      connecting: () => updateConnection({ state: currentConnection().generation === 0 ? 'connecting' : 'closed' }),
      connected: () => updateConnection({ state: 'open', generation: currentConnection().generation + 1, heardAt: Date.now() }),
      message: heard,
      closed: () => {
        clearTimeout(awaitedPong)
        updateConnection({ state: 'closed', lagMs: null })
      },
      // A socket that answers no ping is dead, whatever the system says of it.
      ping: received => {
        if (!received) awaitedPong = setTimeout(() => updateConnection({ state: 'closed' }), PONG_MS)
      },
      pong: received => {
        if (!received) return
        clearTimeout(awaitedPong)
        if (currentConnection().state !== 'open') updateConnection({ state: 'open', generation: currentConnection().generation + 1 })
      },
    },
  })
}
