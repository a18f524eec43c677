import type { Json } from '@sluice/protocol'
import { describe, expect, test } from 'vitest'
import { checkerOf } from './check-input.ts'

const schema: Json = {
  type: 'object', additionalProperties: false, required: ['folder'],
  properties: {
    folder: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 }, seconds: { type: 'number', minimum: 0, maximum: 600 }, mode: { $ref: '#/$defs/mode' },
    tags: { type: 'array', items: { type: 'string' }, uniqueItems: true }, either: { anyOf: [{ type: 'string' }, { type: 'number' }] }, 'a/b': { type: 'integer' },
  },
  $defs: { mode: { enum: ['fast', 'slow'] } },
}

describe('an input against the schema of its kind', () => {
  test.each<[string, Json, string[], string]>([
    ['what is missing', {}, ['folder'], 'This is required.'],
    ['a wrong type', { folder: 'a', seconds: 'soon' }, ['seconds'], 'This must be a number.'],
    ['a number too large', { folder: 'a', seconds: 601 }, ['seconds'], 'At most 600.'],
    ['a pattern', { folder: 'A' }, ['folder'], 'It does not have the form that is asked for: ^[a-z]+$'],
    ['a word behind a $ref', { folder: 'a', mode: 'loud' }, ['mode'], 'This must be one of "fast", "slow".'],
    ['an item of a list', { folder: 'a', tags: ['x', 1] }, ['tags', '1'], 'This must be a text.'],
    ['two items alike', { folder: 'a', tags: ['x', 'x'] }, ['tags'], 'No two may be alike.'],
    ['a name that is not expected', { folder: 'a', more: 1 }, ['more'], 'Nothing of this name is expected.'],
    ['alternatives are one complaint', { folder: 'a', either: true }, ['either'], 'This fits none of the alternatives.'],
    ['a name with a slash', { folder: 'a', 'a/b': 1.5 }, ['a/b'], 'This must be a whole number.'],
  ])('%s is said at its place', (_title, input, path, message) => {
    expect(checkerOf(schema)(input)).toEqual([{ path, message }])
  })

  test('several are all said, and what fits is not complained of', () => {
    expect(checkerOf(schema)({ folder: 'TOOLONG', seconds: -1 }).map(({ path }) => path.join('.'))).toEqual(['folder', 'folder', 'seconds'])
    expect(checkerOf(schema)({ folder: 'a', seconds: 0, mode: 'fast', tags: [], either: 1 })).toEqual([])
  })

  test('a schema that cannot be used complains of nothing, and is left as it was', () => {
    const odd: Json = { $ref: 'https://elsewhere.test/schema' }
    expect(checkerOf(odd)({})).toEqual([])
    expect(odd).toEqual({ $ref: 'https://elsewhere.test/schema' })
    expect(checkerOf(null)({})).toEqual([])
  })
})
