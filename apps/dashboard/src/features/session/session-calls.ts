/** Buys a session cookie with a token. Answers null when signed in, else a sentence that says what to do. */
export const signIn = async (token: string): Promise<string | null> => {
  try {
    const response = await fetch('/session', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }), credentials: 'same-origin' })
    if (response.ok) return null
    if (response.status === 401 || response.status === 403) return 'This token is not known, or has expired or was revoked. Run npm run sign-in for a new link.'
    return `The control plane answered ${response.status}. Try again, or look at its log.`
  } catch {
    return 'The control plane cannot be reached. Is it running?'
  }
}

/** Ends the session. A whole load follows, which closes the socket and forgets what was read. */
export const signOut = async () => {
  await fetch('/session', { method: 'DELETE', credentials: 'same-origin' }).catch(() => undefined)
  location.assign('/sign-in')
}
