import { describe, expect, test } from 'vitest'
import { lostDigits, readJson } from './json-text.ts'

describe('JSON as it is typed', () => {
  test.each(['{}', '[1, -2.5, 3e8, 0.1, 1E+2]', ' {"a": {"b": [true, false, null, ""]}}\n', '"\\u00e9\\n\\\\"', '"ä\u007f😀"', '1000000000000000000000', '9007199254740992', '5e-324', '-0'])('reads what JSON.parse reads: %s', text => {
    const read = readJson(text)
    expect('value' in read && JSON.stringify(read.value)).toBe(JSON.stringify(JSON.parse(text)))
  })

  test.each([
    ['', 1, 1], ['{"a": 1,}', 1, 9], ['{\n  "a": 1\n  "b": 2\n}', 3, 3], ['{\n  a: 1 }', 2, 3], ['[1, 2', 1, 6], ['{"a" 1}', 1, 6], ["{'a': 1}", 1, 2], ['{"a": tru}', 1, 7],
    ['{"a": "two\nlines"}', 1, 7], ['01', 1, 1], ['1.', 1, 1], ['{} {}', 1, 4], ['{"a": }', 1, 7], ['NaN', 1, 1], ['"\\x41"', 1, 1],
  ])('says where %j is no JSON', (text, line, column) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
    expect(readJson(text)).toMatchObject({ line, column })
  })

  test.each([
    ['12345678901234567890', '12345678901234567000'], ['9007199254740993', '9007199254740992'], ['3.14159265358979323846', '3.141592653589793'], ['0.10000000000000000001', '0.1'],
  ])('%s, which would arrive as another number, is refused and told', (number, arrives) => {
    expect(lostDigits(number)).toContain(`would arrive as ${arrives}`)
    expect(readJson(`{\n  "id": ${number}\n}`)).toMatchObject({ line: 2, column: 9 })
  })

  test('a number beyond all doubles is refused', () => {
    expect(readJson('1e999')).toMatchObject({ wrong: expect.stringContaining('too large') })
  })

  test('two properties of one name are refused, since one would be lost', () => {
    expect(readJson('{"a": 1, "b": 2, "a": 3}')).toMatchObject({ line: 1, column: 18, wrong: 'There are two properties "a"; only one could be kept.' })
  })

  test('a property called __proto__ is one like any other', () => {
    const read = readJson('{"__proto__": 1}')
    expect('value' in read && JSON.stringify(read.value)).toBe('{"__proto__":1}')
  })

  test('nesting beyond what the API takes is refused before it is sent', () => {
    expect(readJson('['.repeat(200) + ']'.repeat(200))).toMatchObject({ wrong: expect.stringContaining('128') })
  })
})
