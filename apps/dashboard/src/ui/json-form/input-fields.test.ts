import type { Json } from '@sluice/protocol'
import { describe, expect, test } from 'vitest'
import { beginningOf, fieldsOf } from './input-fields.ts'

const fieldFor = (property: Json, $defs: Json = {}) => fieldsOf({ type: 'object', properties: { it: property }, $defs })?.[0]

describe('the form of a schema', () => {
  test.each<[Json, string]>([
    [{ type: 'string' }, 'text'], [{ type: 'number' }, 'number'], [{ type: 'integer' }, 'integer'], [{ type: 'boolean' }, 'boolean'], [{ enum: ['a', 1] }, 'choice'], [{ const: 'a' }, 'choice'],
    [{ oneOf: [{ const: 1, title: 'One' }, { const: 2 }] }, 'choice'], [{ type: 'array', items: { type: 'string' } }, 'list'], [{ type: 'array', items: { enum: ['a'] } }, 'list'],
    [{ type: 'array', items: { type: 'object' } }, 'json'], [{ type: 'array' }, 'json'], [{ type: 'object', properties: {} }, 'json'], [{}, 'json'], [true, 'json'],
    [{ type: ['string', 'null'] }, 'json'], [{ type: 'string', anyOf: [{ minLength: 1 }] }, 'json'], [{ $ref: '#/$defs/nowhere' }, 'json'], [{ $ref: '#/properties/it' }, 'json'],
    [{ oneOf: [{ const: 1 }, { type: 'string' }] }, 'json'],
  ])('%j is taken by %s', (property, shape) => {
    expect(fieldFor(property)?.shape).toBe(shape)
  })

  test('a $ref into the schema is followed, and what stands beside it wins', () => {
    expect(fieldFor({ $ref: '#/$defs/colour', title: 'Paint' }, { colour: { enum: ['red'], title: 'Colour' } })).toMatchObject({ shape: 'choice', label: 'Paint', choices: [{ label: 'red', value: 'red' }] })
  })

  test('what is required comes first, in the order in which it is required', () => {
    expect(fieldsOf({ properties: { a: {}, b: {}, c: {}, d: {} }, required: ['d', 'b'] })?.map(({ name }) => name)).toEqual(['d', 'b', 'a', 'c'])
  })

  test('what the schema asks is said in words', () => {
    expect(fieldFor({ type: 'integer', minimum: 1, maximum: 9, default: 3 })?.hints).toEqual(['a whole number', 'at least 1', 'at most 9', 'default 3'])
    expect(fieldFor({ type: 'object', properties: { a: {}, b: {} } })?.hints).toEqual(['an object', 'with a, b'])
  })

  test('the input begins as the defaults', () => {
    expect(beginningOf({ type: 'object', properties: { a: { default: 1 }, b: {}, c: { $ref: '#/$defs/c' } }, $defs: { c: { default: [] } } })).toEqual({ a: 1, c: [] })
    expect(beginningOf(null)).toEqual({})
  })

  test.each<[Json]>([[null], [{}], [true], [{ type: 'array', items: {} }], [{ oneOf: [] }]])('without named properties there are no fields: %j', schema => {
    expect(fieldsOf(schema)).toBeNull()
  })
})
