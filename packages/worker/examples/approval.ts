import { defineKind, fail } from '@sluice/worker'

interface Draft { title: string; body: string }

/** Writes something, has it approved, and publishes it. Killed anywhere, it goes on where it was: nothing is written or published twice. */
export const approval = defineKind<{ topic: string }>({
  title: 'Write, approve, publish',
  inputSchema: { type: 'object', properties: { topic: { type: 'string', minLength: 1, title: 'Topic' } }, required: ['topic'] },
  defaults: { onLeaseLost: 'RETRY' },
  handler: async ({ flow, step, ask, output, artifact, progress }) => {
    const draft = await step('draft', () => write(flow.input.topic))
    await output.write(`# ${draft.title}\n\n${draft.body}\n`)
    progress(50, 'waiting for an editor')

    const { decision, payload, by } = await ask('approve', {
      prompt: `Publish "${draft.title}"?`,
      form: { type: 'object', properties: { title: { type: 'string', title: 'Another title' }, why: { type: 'string', title: 'Why not' } } },
      timeout: '2d', onTimeout: 'CANCEL',
    })
    const said = (payload ?? {}) as { title?: string; why?: string }
    if (decision === 'reject') return fail({ code: 'REJECTED', message: said.why ?? 'The editor said no', retryable: false })

    const title = said.title ?? draft.title
    await artifact('page.md', `# ${title}\n\n${draft.body}\n`, { mediaType: 'text/markdown' })
    const url = await step('publish', () => publish(title))
    return { url, approvedBy: by }
  },
})

/** What would be a model, or a person, elsewhere. */
const write = (topic: string): Draft => ({ title: `About ${topic}`, body: `There is much to say about ${topic}.` })

/** What must not happen twice. */
const publish = (title: string): string => `https://example.com/${encodeURIComponent(title.toLowerCase().replaceAll(' ', '-'))}`
