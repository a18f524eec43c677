import { GraphQLError, Kind, valueFromASTUntyped } from 'graphql'
import type { Json } from '@sluice/protocol'
import { builder } from './builder.ts'

// RFC 3339, seconds and offset required: an instant that leaves its zone to the reader is refused (D-45).
const INSTANT = /^(\d{4})-(\d{2})-(\d{2})[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/
const EARLIEST_YEAR = 1970
// In UTC, as it is stored and answered: a year of five digits is written in another way.
const LATEST_YEAR = 9999

/** @throws GraphQLError, as scalars do, for anything that is no instant of the years 1970 to 9999. */
export function parseInstant(value: unknown): Date {
  const [text, year, month, day] = (typeof value === 'string' ? INSTANT.exec(value) : null) ?? []
  const at = new Date(text ?? Number.NaN)
  const stored = at.getUTCFullYear()
  if (Number.isNaN(stored) || stored < EARLIEST_YEAR || stored > LATEST_YEAR || !isDay(Number(year), Number(month), Number(day))) {
    throw new GraphQLError('An instant is RFC 3339 with an offset, for example 2026-01-31T12:00:00Z.', { extensions: { code: 'BAD_USER_INPUT' } })
  }
  return at
}

// A Date takes 30 February for 2 March.
const isDay = (year: number, month: number, day: number): boolean => new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day

builder.scalarType('DateTime', {
  description: 'An instant: RFC 3339 with an offset; answers are UTC with milliseconds.',
  serialize: (value) => (value instanceof Date ? value : new Date(value as string)).toISOString(),
  parseValue: parseInstant,
  parseLiteral: (node) => parseInstant(node.kind === Kind.STRING ? node.value : null),
})

builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value as Json,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables) as Json,
})

builder.scalarType('Cursor', {
  description: 'A place in a stream, opaque: everything after this.',
  serialize: String,
  parseValue: (value) => {
    if (typeof value !== 'string' || value.length > 200) throw new GraphQLError('A cursor is a short text that an earlier answer gave.')
    return value
  },
})
