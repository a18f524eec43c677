import { runHandler } from '@sluice/worker/testing'
import { expect, test } from 'vitest'
import { agentOn, type Model, type Turn } from './agent.ts'

const words = async function* (text: string) {
  for (const word of text.split(/(?<= )/)) yield word
}

/** Looks, asks, and ends with what it was told. */
const scripted = (asked: number[] = []): Model => ({
  next: async history => {
    const turn = history.filter(line => line.startsWith('model: ')).length + 1
    asked.push(turn)
    const script: Record<number, Turn> = {
      1: { words: words('Let me look. '), wants: { type: 'tool', name: 'look' } },
      2: { words: words('Which one? '), wants: { type: 'ask', question: 'Which one?' } },
    }
    return script[turn] ?? { words: words(`Then ${history.at(-1)}.`), wants: { type: 'done' } }
  },
})
const tools = { look: async () => 'two doors' }
const input = { goal: 'get out' }

test('streams its words, uses a tool, asks in the middle, and ends', async () => {
  const run = runHandler(agentOn(scripted(), tools), { input })
  await expect.poll(() => run.asked.length).toBe(1)
  run.answer('question 2', 'submit', { text: 'the left one' })
  expect(await run.outcome).toEqual({ status: 'FINISHED', result: { turns: 3, said: 'Then person: the left one.' } })
  expect(run.output.map(({ payload }) => payload)).toEqual(['Let ', 'me ', 'look. ', 'Which ', 'one? ', 'Then ', 'person: ', 'the ', 'left ', 'one.'])
})

test('goes on after the question in another run: no turn is made twice', async () => {
  const asked: number[] = []
  const kind = agentOn(scripted(asked), tools)
  const first = runHandler(kind, { input })
  await expect.poll(() => first.asked.length).toBe(1)
  first.release()
  expect(await first.outcome).toEqual({ status: 'WAITING' })
  first.answer('question 2', 'submit', { text: 'the right one' })
  expect(await runHandler(kind, { input, ...first.remembered() }).outcome).toMatchObject({ status: 'FINISHED', result: { turns: 3 } })
  expect(asked).toEqual([1, 2, 3])
})

test('a cancel ends it in the middle of its question', async () => {
  const run = runHandler(agentOn(scripted(), tools), { input })
  await expect.poll(() => run.asked.length).toBe(1)
  run.cancel()
  expect(await run.outcome).toEqual({ status: 'CANCELLED' })
})
