import { setTimeout as wait } from 'node:timers/promises'
import { defineKind, fail } from '@sluice/worker'

/** Counts words, a paragraph at a time, and can be stopped between two of them. */
export const wordCount = defineKind<{ text: string }>({
  title: 'Count words',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
  handler: async ({ flow, signal, progress }) => {
    const paragraphs = flow.input.text.split('\n\n')
    if (flow.input.text.trim() === '') return fail({ code: 'NO_TEXT', message: 'There is nothing to count', retryable: false })
    let words = 0
    for (const [i, paragraph] of paragraphs.entries()) {
      await wait(10, null, { signal })
      words += paragraph.split(/\s+/).filter(word => word !== '').length
      progress((100 * (i + 1)) / paragraphs.length, `${words} words so far`)
    }
    return { words }
  },
})
