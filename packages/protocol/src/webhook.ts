/** What became of one attempt to deliver: the sender tells it, the engine keeps it, an operator reads it. */

/** Why an attempt got no answer, or was not even made. */
export const DELIVERY_ERROR_CLASSES = [
  'TIMEOUT', 'UNRESOLVED', 'NO_CONNECTION', 'TLS', 'BROKEN', 'URL_NOT_ALLOWED', 'UNSIGNED', 'KEY_UNKNOWN', 'SENDER_LOST',
] as const
export type DeliveryErrorClass = (typeof DELIVERY_ERROR_CLASSES)[number]

export const DELIVERY_ERROR_SENTENCES: Record<DeliveryErrorClass, string> = {
  TIMEOUT: 'There was no whole answer in time.',
  UNRESOLVED: 'Its name has no address now.',
  NO_CONNECTION: 'No connection could be made.',
  TLS: 'The receiver did not prove who it is.',
  BROKEN: 'The connection was made, and no whole answer came.',
  URL_NOT_ALLOWED: 'The address policy forbids it; nothing was connected to.',
  UNSIGNED: 'There is no secret to sign with, and unsigned deliveries are not allowed; nothing was sent.',
  KEY_UNKNOWN: 'Its stored address or secret cannot be decrypted with the keys of this server; nothing was sent.',
  SENDER_LOST: 'The process that sent it stopped or died before it could say what came of it.',
}

/** What is kept of an answer. Sizes in bytes of UTF-8. */
export const ATTEMPT_LIMITS = { bodyMaxBytes: 2 * 1024, headersMax: 32, headerMaxBytes: 1024 } as const

/** Safe to store and to show: neither the address beyond its origin nor a secret is in it, and every text is one that PostgreSQL takes. */
export interface AttemptReport {
  durationMs: number
  /** Where the connection went; null when there was none. */
  address: string | null
  requestHeaders: Record<string, string>
  /** null when no answer came. There may be one beside an errorClass: its headers came, the rest did not. */
  statusCode: number | null
  /** null = a whole answer, whatever it says. */
  errorClass: DeliveryErrorClass | null
  responseHeaders: Record<string, string> | null
  responseExcerpt: string | null
  /** What the answer's Retry-After asks for, from now; null when it asks for nothing that can be understood. Not bounded. */
  retryAfterMs: number | null
}
