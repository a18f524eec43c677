import { describe, expect, test } from 'vitest'
import { fakeFrame } from '../../../test/output-factories.ts'
import { FrameLines } from './frame-lines.ts'
import { asText } from './output-text.ts'
import { RowLayout } from './row-layout.ts'
import { linesWith } from './use-search.ts'
import { wrapText } from './wrap-text.ts'

const linesOf = (...frames: ReturnType<typeof fakeFrame>[]) => {
  const log = new FrameLines()
  log.add(frames)
  return log
}
const texts = (log: FrameLines) => log.lines.map(line => ('text' in line ? line.text : line.kind))

describe('lines', () => {
  test.each([
    ['a text runs on over frames', ['Hel', 'lo\nwor', 'ld'], ['Hello', 'world']],
    ['a break at the end begins no line', ['a\n', 'b\n'], ['a', 'b']],
    ['an empty line stays one', ['a\n', '\n', 'b'], ['a', '', 'b']],
    ['breaks of other systems are breaks', ['a\r\nb\rc'], ['a', 'b', 'c']],
  ])('%s', (_title, pieces, expected) => {
    expect(texts(linesOf(...pieces.map((piece, at) => fakeFrame(0, at + 1, piece)))).slice(1)).toEqual(expected)
  })

  test('D-24 what comes twice is taken once, in whatever pieces it comes again', () => {
    const frames = [1, 2, 3, 4].map(n => fakeFrame(0, n))
    const log = linesOf(...frames.slice(0, 3))
    log.add(frames)
    log.add([fakeFrame(1, 1), ...frames])
    expect(texts(log)).toEqual(['ATTEMPT', 'line 1', 'line 2', 'line 3', 'line 4', 'ATTEMPT', 'line 1'])
  })

  test('what is kept no longer leaves a mark, at the front and in between', () => {
    const log = linesOf(fakeFrame(0, 101), fakeFrame(0, 103), fakeFrame(1, 1))
    expect(texts(log)).toEqual(['ATTEMPT', 'TRIMMED', 'line 101', 'TRIMMED', 'line 103', 'ATTEMPT', 'line 1'])
    expect(log.missing).toBe(101)
  })

  test('each kind says its own, and an unknown shape is shown as it is', () => {
    const log = linesOf(
      fakeFrame(0, 1, { message: 'Reads', fields: { files: 3, from: 'docs' } }, 'LOG'), fakeFrame(0, 2, { percent: 60, message: 'publishing' }, 'PROGRESS'), fakeFrame(0, 3, { a: [1] }, 'JSON'),
      fakeFrame(0, 4, 'Slow', 'WARNING'), fakeFrame(0, 5, { odd: true }, 'ERROR'),
    )
    expect(texts(log).slice(1)).toEqual(['Reads  files=3  from=docs', '60 % publishing', '{"a":[1]}', 'Slow', '{"odd":true}'])
  })

  test('as a file it says who worked, what is missing, and of every line but text what it is', () => {
    expect(asText(linesOf(fakeFrame(0, 3, 'Hello'), fakeFrame(0, 4, 'Slow', 'WARNING')).lines, new Map([[0, 'printer']]))).toBe(
      '--- attempt 1, printer ---\n--- 2 pieces are kept no longer ---\nHello\n[2026-11-21T10:00:04.000Z WARNING] Slow\n',
    )
  })

  test('a search finds lines, whatever their case', () => {
    expect(linesWith(linesOf(fakeFrame(0, 1, 'One\nTwo\none more')).lines, 'ONE')).toEqual([1, 3])
  })
})

describe('rows', () => {
  test.each([
    ['short', 20, ['short']], ['cut at the last space', 12, ['cut at the ', 'last space']], ['nospacesatall', 5, ['nospa', 'cesat', 'all']], ['', 5, ['']], ['日本語日本語', 4, ['日本', '語日', '本語']],
    ['a\tb', 10, ['a    b']], ['exactly ten', 11, ['exactly ten']],
  ])('%j in %d columns', (text, columns, pieces) => {
    expect(wrapText(text, columns)).toEqual(pieces)
  })

  test('only what came since is laid out, and the last line, which may have run on', () => {
    const log = linesOf(fakeFrame(0, 1, 'one\ntwo'))
    const layout = new RowLayout(log.lines, { columns: 10, unfolded: new Set() })
    expect(layout.follow().rows.map(({ text }) => text)).toEqual(['', 'one', 'two'])
    log.add([fakeFrame(0, 2, ' and more than ten')])
    expect(layout.follow().rows.map(({ text }) => text)).toEqual(['', 'one', 'two and ', 'more than ', 'ten'])
    expect(layout.starts).toEqual([0, 1, 2])
  })

  test('JSON is one row until it is unfolded', () => {
    const { lines } = linesOf(fakeFrame(0, 1, { a: 1, b: [2] }, 'JSON'))
    expect(new RowLayout(lines, { columns: 40, unfolded: new Set() }).follow().rows).toHaveLength(2)
    expect(new RowLayout(lines, { columns: 40, unfolded: new Set([1]) }).follow().rows.map(({ text }) => text)).toEqual(['', '{', '  "a": 1,', '  "b": [', '    2', '  ]', '}'])
  })
})
