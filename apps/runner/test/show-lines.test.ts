import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { runHandler } from '@sluice/worker/testing'
import { commandKind } from '../src/command-kind.ts'
import { showLines } from '../src/show-lines.ts'

const shell = (script: string) => runHandler(commandKind(
  { command: ['/bin/sh', '-c', script], cwd: tmpdir(), env: {}, timeoutMs: null }, { env: { PATH: '/usr/bin:/bin' }, cancelGraceMs: 1_000, resultMaxBytes: 1024 ** 2 },
))

describe('what a command prints', () => {
  test('is shown line by line: standard output as pieces of the whole, standard error as lines of a log', async () => {
    const run = shell('echo one; echo two; echo careful >&2; printf three')
    await run.outcome
    expect(run.output.filter(({ kind }) => kind === 'TEXT').map(({ payload }) => payload)).toEqual(['one\n', 'two\n', 'three'])
    expect(run.output.filter(({ kind }) => kind === 'LOG').map(({ payload }) => payload)).toEqual(['careful'])
  })

  test('what is not UTF-8, or has a null byte, is shown with replacement characters', async () => {
    const run = shell(String.raw`printf 'a\377b\000c\n'; printf '\303\n' >&2`)
    await run.outcome
    expect(run.output.map(({ payload }) => payload).toSorted()).toEqual(['a\uFFFDb\uFFFDc\n', '\uFFFD'])
  })

  test('a line without end is shown in pieces of at most 64 KiB, none cut within a character', async () => {
    const run = shell(`yes 😀 | head -n 60000 | tr -d '\\n'`)
    await run.outcome
    const pieces = run.output.map(({ payload }) => String(payload as string))
    expect(pieces.join('')).toBe('😀'.repeat(60_000))
    expect(Math.max(...pieces.map(piece => Buffer.byteLength(piece)))).toBeLessThanOrEqual(64 * 1024)
    expect(pieces.length).toBeLessThan(40)
  })

  test('of a flood of lines many are one piece, and all are there', async () => {
    const run = shell('seq 100000; seq 100000 >&2')
    await run.outcome
    const said = (kind: string) => run.output.filter(frame => frame.kind === kind).map(({ payload }) => String(payload as string))
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1).join('\n')
    expect([said('TEXT').join('') === `${numbers(100_000)}\n`, said('LOG').join('\n') === numbers(100_000)]).toEqual([true, true])
    expect(run.output.length).toBeLessThan(1_000)
  })

  test('half a line is shown when it stays half for a while', async () => {
    const run = shell('printf "thinking"; sleep 1; echo " done"')
    await expect.poll(() => run.output.length).toBe(1)
    expect(run.output[0]?.payload).toBe('thinking')
    await run.outcome
    expect(run.output.map(({ payload }) => payload)).toEqual(['thinking', ' done\n'])
  })
})

describe('back-pressure', () => {
  test('where nobody takes more, the pipe is read no further, and nothing is lost', async () => {
    const pipe = new PassThrough()
    const taken: string[] = []
    let open: () => void = () => {}
    const gate = new Promise<void>(resolve => (open = resolve))
    const shown = showLines(pipe, { whole: false, show: async piece => {
      await gate
      taken.push(piece)
    } })
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}`)
    let accepted = 0
    for (const line of lines) accepted += pipe.write(`${line}\n`) ? 1 : 0
    await delay(30)
    expect(accepted).toBeLessThan(lines.length)
    expect(pipe.isPaused()).toBe(true)
    open()
    pipe.end()
    await new Promise(resolve => pipe.once('close', resolve))
    await shown.accepted()
    expect(taken.join('\n')).toBe(lines.join('\n'))
  })

  test('in a hurry the rest is read whatever there is room for', async () => {
    const pipe = new PassThrough()
    const shown = showLines(pipe, { whole: true, show: () => new Promise(() => {}) })
    pipe.write('one\n')
    await delay(10)
    shown.hurry()
    pipe.end('two\n')
    await new Promise(resolve => pipe.once('close', resolve))
    expect(pipe.readableLength).toBe(0)
  })
})
