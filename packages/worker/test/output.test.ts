import { describe, expect, test } from 'vitest'
import { setTimeout as delay } from 'node:timers/promises'
import { createOutput, type OutputOptions } from '../src/attempt/output.ts'
import type { Frame } from '../src/attempt/talk.ts'
import { createLog, defineKind, FlowFailure, type FlowContext } from '../src/index.ts'
import { started } from './start.ts'

const kindOf = (handler: (context: FlowContext) => unknown) => ({ k: defineKind({ handler }) })

describe('ctx.output', () => {
  test('arrives whole and in order before the report, as frames numbered from 1', async () => {
    const { fake } = await started(kindOf(async ({ output }) => {
      await output.write('Hello ')
      await output.write('world')
      await output.log('looked', { at: 'you' })
      await output.log('plain')
      await output.json({ a: [1] })
      await output.warn('careful')
      await output.error('ouch')
    }))
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).frames.map(({ sequence, kind, payload }) => [sequence, kind, payload])).toEqual([
      [1, 'TEXT', 'Hello '], [2, 'TEXT', 'world'], [3, 'LOG', { message: 'looked', fields: { at: 'you' } }], [4, 'LOG', 'plain'],
      [5, 'JSON', { a: [1] }], [6, 'WARNING', 'careful'], [7, 'ERROR', 'ouch'],
    ])
  })

  test('nothing is lost or said twice over lost answers, restarts, and a failure of the handler', async () => {
    const { fake } = await started(kindOf(async ({ output }) => {
      for (let i = 0; i < 3_000; i++) await output.write(`${i} `)
      throw new Error('after that')
    }))
    fake.next('appendFrames', 'lose the answer', 2)
    fake.next('appendFrames', { http: 503 }, 2)
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).status === 'FAILED')
    expect(fake.flow(id).frames.map(frame => String(frame.payload as string)).join('')).toBe(Array.from({ length: 3_000 }, (_, i) => `${i} `).join(''))
  })

  test('each attempt counts from 1, and what was said before a question is seen before it', async () => {
    const { fake } = await started(kindOf(async ({ output, ask, flow }) => {
      await output.write(`attempt ${flow.attempt}`)
      await ask('ok')
    }), { holdMs: 20 })
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).status === 'WAITING')
    expect(fake.flow(id).frames).toHaveLength(1)
    await fake.until(() => fake.flow(id).waitMode === 'RELEASED')
    fake.answer(id, 'ok', 'approve')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(fake.flow(id).frames).toMatchObject([{ attempt: 0, sequence: 1, payload: 'attempt 0' }, { attempt: 1, sequence: 1, payload: 'attempt 1' }])
  })

  test('what a database cannot keep is replaced, and what is too long is cut into pieces', async () => {
    const long = '😀'.repeat(40_000)
    const { fake } = await started(kindOf(async ({ output }) => {
      await output.write('a\0b\uD800c')
      await output.json({ a: '\0' })
      await output.write(long)
      await output.json('x'.repeat(70_000)).catch(error => output.log(String(error)))
    }))
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    const [first, second, ...more] = fake.flow(id).frames.map(frame => frame.payload)
    expect([first, second, (more.slice(0, -1) as string[]).join('')]).toEqual(['a\uFFFDb\uFFFDc', { a: '\uFFFD' }, long])
    expect(more.at(-1)).toMatch('A frame may have 65536 bytes')
  })

  test('INV-19 a lost lease ends it: a write that still waits for room hears it', async () => {
    const heard: string[] = []
    const { fake } = await started(kindOf(async ({ output, signal }) => {
      try {
        while (!signal.aborted) await output.write('x'.repeat(60_000))
      } catch (error) {
        heard.push(String((error as { reason?: string }).reason))
        throw error
      }
    }))
    fake.next('appendFrames', { http: 503 }, 1_000)
    const id = fake.enqueue('k')
    await fake.until(() => fake.calls('appendFrames').length > 2)
    fake.change(id, { status: 'FAILED' })
    await fake.until(() => heard.length === 1)
    expect(heard).toEqual(['lease_lost'])
  })

  test('a control plane that knows no output costs the output, and not the flow', async () => {
    const { fake, said } = await started(kindOf(async ({ output }) => {
      for (let i = 0; i < 100; i++) await output.write('x'.repeat(60_000))
    }))
    fake.next('appendFrames', 'not known', 9)
    const id = fake.enqueue('k')
    await fake.until(() => fake.flow(id).status === 'FINISHED')
    expect(said.map(({ message }) => message)).toEqual(expect.arrayContaining(['the control plane takes no output; it is dropped', 'output was lost']))
  })
})

describe('the channel', () => {
  const open = (append: OutputOptions['append']) => {
    const lines: string[] = []
    return { lines, ...createOutput({ append, log: createLog((_level, message) => lines.push(message)) }) }
  }
  const accepted = (write: Promise<void>) => Promise.race([write.then(() => true), delay(20, false)])

  test('a slow control plane slows the writer down: the buffer is bounded', async () => {
    let take: () => void = () => {}
    const { output, close } = open(() => new Promise(resolve => (take = resolve)))
    let written = 0
    while (await accepted(output.write('x'.repeat(50_000)))) written += 50_000
    expect(written).toBeGreaterThan(300_000)
    expect(written).toBeLessThanOrEqual(512 * 1024)
    const rest = output.write('the rest')
    expect(await accepted(rest)).toBe(false)
    const pump = setInterval(() => take(), 1)
    await rest
    await close()
    clearInterval(pump)
  })

  test('5,000 small frames leave in few requests', async () => {
    const sizes: number[] = []
    const { output, close } = open(async frames => void sizes.push(frames.length))
    for (let i = 0; i < 5_000; i++) await output.write(`${i}`)
    await close()
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(5_000)
    expect(sizes.length).toBeLessThan(20)
  })

  test('a frame that is refused leaves a warning in its place, and takes no other along', async () => {
    const kept: Frame[] = []
    const { output, close } = open(async frames => {
      if (frames.some(frame => frame.payload === 'bad')) throw new FlowFailure({ code: 'INVALID_INPUT', message: 'no such text' })
      kept.push(...frames)
    })
    for (const text of ['a', 'b', 'bad', 'c', 'd']) await output.write(text)
    await close()
    expect(kept.map(({ sequence, kind, payload }) => [sequence, kind, payload])).toEqual([
      [1, 'TEXT', 'a'], [2, 'TEXT', 'b'], [3, 'WARNING', 'A frame (TEXT) was refused: no such text'], [4, 'TEXT', 'c'], [5, 'TEXT', 'd'],
    ])
  })

  test('what cannot be said in time is told in the log, and writing afterwards is refused without bringing the process down', async () => {
    const { output, close, lines } = open(() => new Promise(() => {}))
    await output.write('never heard')
    await close(30)
    expect(lines).toEqual(['output was lost'])
    await expect(output.write('late')).rejects.toThrow('The handler is out')
    void output.write('late, and not awaited')
  })
})
