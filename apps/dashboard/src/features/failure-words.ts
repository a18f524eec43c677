import { DELIVERY_ERROR_SENTENCES, type DeliveryErrorClass } from '@sluice/protocol'

/** What an answer of a receiver means for the delivery, where its number alone does not say it. */
const MEANINGS: Record<number, string> = {
  401: 'it does not know who calls', 403: 'it does not let us in', 404: 'there is nothing at that address', 408: 'it waited too long for the request', 410: 'it wants no more, so its endpoint was disabled',
  413: 'the body is too large for it', 429: 'it asks for a slower pace', 502: 'what stands before it got no answer', 503: 'it is not available now', 504: 'what stands before it waited in vain',
}

/** "Answered 503: it is not available now." */
export const sentenceOfStatus = (status: number): string => {
  const meaning = MEANINGS[status] ?? (status >= 300 && status < 400 ? 'a redirect, which is not followed' : undefined)
  return `Answered ${status}${meaning === undefined ? '' : `: ${meaning}`}.`
}

/** Why a delivery was not tried, or not again. */
const UNTRIED: Record<string, string> = {
  ENDPOINT_DISABLED: 'Its endpoint was disabled when its turn came.', ENDPOINT_DELETED: 'Its endpoint was deleted before its turn came.',
}

/** What a delivery says of its last attempt: the class of an error, or HTTP and a status. What this page does not know yet is shown as it is. */
export const sentenceOfFailure = (word: string | null): string => {
  if (word === null) return ''
  const status = /^HTTP_(\d{3})$/.exec(word)?.[1]
  if (status !== undefined) return sentenceOfStatus(Number(status))
  if (Object.hasOwn(UNTRIED, word)) return UNTRIED[word] ?? word
  return Object.hasOwn(DELIVERY_ERROR_SENTENCES, word) ? DELIVERY_ERROR_SENTENCES[word as DeliveryErrorClass] : word
}
