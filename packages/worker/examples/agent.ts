import { defineKind, type FlowContext, type Kind } from '@sluice/worker'

/** What a model says next: words as they come, and then what it wants. */
export interface Turn { words: AsyncIterable<string>; wants: { type: 'tool'; name: string } | { type: 'ask'; question: string } | { type: 'done' } }
export interface Model { next(history: readonly string[], signal: AbortSignal): Promise<Turn> }

const TURNS_MAX = 20

/**
 * A loop as agents have it: the model speaks, uses tools, asks a person in the middle, and ends. Each turn is a step, so a worker that is lost costs
 * one turn and not the conversation; the words of a turn stream while it is made, and only then is it remembered.
 */
export const agentOn = (model: Model, tools: Record<string, () => Promise<string>>): Kind => defineKind<{ goal: string }>({
  title: 'Work towards a goal',
  defaults: { onLeaseLost: 'RETRY' },
  handler: async context => {
    const { flow, step, ask, signal, progress } = context
    const history = [`goal: ${flow.input.goal}`]
    for (let n = 1; n <= TURNS_MAX; n++) {
      progress(null, `turn ${n}`)
      const turn = await step(`turn ${n}`, async () => await speak(context, await model.next(history, signal)))
      history.push(`model: ${turn.said}`)
      const { wants } = turn
      if (wants.type === 'done') return { turns: n, said: turn.said }
      if (wants.type === 'tool') history.push(`tool: ${await step(`tool ${n}`, async () => await tools[wants.name]?.() ?? 'there is no such tool')}`)
      if (wants.type === 'ask') {
        const { payload } = await ask(`question ${n}`, {
          kind: 'INPUT', prompt: wants.question, form: { type: 'object', properties: { text: { type: 'string', title: 'Answer' } }, required: ['text'] },
        })
        history.push(`person: ${(payload as { text: string }).text}`)
      }
    }
    return { turns: TURNS_MAX, said: null }
  },
})

async function speak({ output }: FlowContext<{ goal: string }>, { words, wants }: Turn) {
  let said = ''
  for await (const word of words) {
    said += word
    // Awaited: a reader that is slow slows the model down, and not the memory up.
    await output.write(word)
  }
  return { said, wants }
}
