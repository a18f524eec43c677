import type { GraphQLError } from 'graphql'

/**
 * What GraphQL itself says of a variable that it refuses, without the value: that may be an address or a token, and callers log what they are told (INV-31).
 * The variable, the place in it and the reason stay.
 */
export function withoutValue({ message, originalError }: GraphQLError): string {
  const [, variable] = /^(Variable "\$\w+") got invalid value /.exec(message) ?? []
  const reason = originalError?.message ?? ''
  if (variable === undefined || !message.endsWith(`; ${reason}`)) return message
  const [place = ''] = / at "[\w.[\]]+"$/.exec(message.slice(0, -reason.length - 2)) ?? []
  return `${variable} got an invalid value${place}; ${reason.replace(/(cannot represent[^:]* value): .*$/s, '$1.')}`
}
