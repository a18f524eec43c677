import { describe, expect, test } from 'vitest'
import { fillArguments, fillUrl, malformedPlaceholder, Misfit } from '../src/placeholders.ts'

const INPUT = { x: 'a b', n: -5, yes: true, none: null, list: ['first'], inner: { deep: 'd' }, dash: '-rf', empty: '', nul: 'a\0b', dots: '..', dot: '.' }

describe('in an argument', () => {
  test.each([
    ['{input.x}', 'a b'], ['--name={input.x}', '--name=a b'], ['{input.inner.deep}/{input.n}', 'd/-5'], ['{input.yes}', 'true'], ['{input.list.0}', 'first'],
    ['{input.empty}', ''], ['{input.n}', '-5'], ['$(rm {input.x}); `id` "quoted" && x', '$(rm a b); `id` "quoted" && x'], ['{"json": {"input": 1}}', '{"json": {"input": 1}}'],
    ['{print $1}', '{print $1}'], ['--flag={input.dash}', '--flag=-rf'],
  ])('%s becomes %s', (template, filled) => {
    expect(fillArguments([template], INPUT)).toEqual([filled])
  })

  test('a value is a part of one argument, whatever is in it', () => {
    expect(fillArguments(['{input.x}', 'b'], { x: 'one\ntwo "three" \'four\' --five' })).toEqual(['one\ntwo "three" \'four\' --five', 'b'])
    expect(fillArguments(['{input.x}'], { x: '{input.secret}', secret: 's' })).toEqual(['{input.secret}'])
  })

  test.each([
    ['{input.missing}', 'the input has no such value'], ['{input.none}', 'the input has no such value'], ['{input.inner}', 'it is not a text'],
    ['{input.list}', 'it is not a text'], ['{input.x.length}', 'the input has no such value'], ['{input.constructor.name}', 'the input has no such value'],
    ['{input.__proto__.x}', 'the input has no such value'], ['{input.nul}', 'an argument cannot contain U+0000'],
  ])('%s fails: %s', (template, message) => {
    expect(() => fillArguments([template], INPUT)).toThrow(Misfit)
    expect(() => fillArguments([template], INPUT)).toThrow(message)
  })

  test('a text does not become an option, unless -- stands before it', () => {
    expect(() => fillArguments(['{input.dash}'], INPUT)).toThrow('{input.dash} is "-rf", which the command would read as an option')
    expect(() => fillArguments(['{input.empty}{input.dash}'], INPUT)).toThrow('as an option')
    expect(() => fillArguments(['{input.dash}', '--'], INPUT)).toThrow('as an option')
    expect(fillArguments(['--', '{input.dash}'], INPUT)).toEqual(['--', '-rf'])
  })
})

describe('in a URL', () => {
  test.each([
    ['https://h/{input.x}', 'https://h/a%20b'], ['https://h/a?q={input.x}&n={input.n}', 'https://h/a?q=a%20b&n=-5'],
    ['https://h:8443/v{input.n}/{input.inner.deep}', 'https://h:8443/v-5/d'], ['https://h?q={input.empty}', 'https://h?q='], ['https://h', 'https://h'],
    ['https://h/..{input.x}', 'https://h/..a%20b'],
  ])('%s becomes %s', (template, filled) => {
    expect(fillUrl(template, INPUT)).toBe(filled)
  })

  test.each(['/', '?', '#', '@evil.example', '//evil.example', 'a/../../b', '\\', '%2f', '\u2028', ':80', '&admin=1'])('%j stays in its part', value => {
    const [path, query] = ['https://h/p/{input.v}/end', 'https://h/p?v={input.v}&end'].map(template => new URL(fillUrl(template, { v: value })))
    expect([path?.host, path?.pathname.split('/').length, path?.search, path?.hash]).toEqual(['h', 4, '', ''])
    expect(decodeURIComponent(path?.pathname.split('/')[2] ?? '')).toBe(value)
    expect([query?.host, query?.pathname, query?.searchParams.get('v'), [...(query?.searchParams.keys() ?? [])]]).toEqual(['h', '/p', value, ['v', 'end']])
  })

  test.each(['https://h/{input.dots}/x', 'https://h/{input.dot}', 'https://h/{input.empty}/x', 'https://h/%2e{input.dot}/x', 'https://h/.{input.dot}'])(
    '%s would be another path, and fails', template => {
      expect(() => fillUrl(template, INPUT)).toThrow('in the path of a URL')
    })

  test('half a character pair has no encoding', () => {
    expect(() => fillUrl('https://h/{input.v}', { v: '\ud800' })).toThrow(Misfit)
  })
})

test('what looks like a placeholder and is none is found', () => {
  const texts = ['{input}', '{input.}', '{input.a b}', '{input[0]}', '{input.x', 'a {input.x} {input:y}', '{input.x}', '{inputs}', '{ input.x }', '{a}']
  expect(texts.map(malformedPlaceholder)).toEqual(['{input}', '{input.}', '{input.a b}', '{input[0]}', '{input.x', '{input:y}', null, null, null, null])
})
