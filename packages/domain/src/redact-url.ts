const LEFT_OUT = '…'

/** What may be shown of an address that is itself a secret: who is called, and that there is more. The whole is shown by an audited reveal only. */
export function redactUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.host === '') return LEFT_OUT
  const isWhole = url.username === '' && url.password === '' && url.pathname.length <= 1 && url.search === '' && url.hash === ''
  return `${url.protocol}//${url.host}${isWhole ? '' : `/${LEFT_OUT}`}`
}
