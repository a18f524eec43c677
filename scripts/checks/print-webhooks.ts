/** What docs/webhooks.md shows of events, bodies and attempts, printed from what sends them. `--write` prints it; without it, the check says whether it is current. */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderWebhook, withDeliveryId, type WebhookFact, type WebhookFlow } from '../../packages/domain/src/index.ts'
import { DELIVERY_ERROR_SENTENCES, TERMINAL_EVENT_TYPES, WEBHOOK_EVENT_SENTENCES } from '../../packages/protocol/src/index.ts'
import { REPOSITORY, runAsProgram } from './report.ts'

const PAGE = 'docs/webhooks.md'
/** Between which marks stands what. */
const PRINTED: Record<string, () => string> = { events: () => eventTable(), body: () => bodyExample(), errors: () => errorTable() }

export async function checkWebhooks(): Promise<string[]> {
  const page = await readFile(join(REPOSITORY, PAGE), 'utf8').catch(() => '')
  return page !== '' && page === printedInto(page) ? [] : [`${PAGE} does not show what is sent: npx tsx scripts/checks/print-webhooks.ts --write`]
}

/** A page that lacks one of them is none. */
const printedInto = (page: string): string => Object.entries(PRINTED).reduce((text, [name, print]) => {
  const [begin, end] = [`<!-- printed: ${name} -->`, `<!-- end of ${name} -->`]
  const [before, after] = [text.split(begin)[0], text.split(end)[1]]
  return after === undefined ? '' : `${before}${begin}\n${print()}\n${end}${after}`
}, page)

const ENDS: readonly string[] = TERMINAL_EVENT_TYPES
const eventTable = (): string =>
  ['| Type | When | An end |', '|---|---|---|', ...Object.entries(WEBHOOK_EVENT_SENTENCES).map(([type, sentence]) => `| \`${type}\` | ${sentence} | ${ENDS.includes(type) ? 'yes' : ''} |`)].join('\n')

const errorTable = (): string =>
  ['| Word | Meaning |', '|---|---|', ...Object.entries(DELIVERY_ERROR_SENTENCES).map(([word, sentence]) => `| ${word} | ${sentence} |`)].join('\n')

const at = (time: string): Date => new Date(`2026-01-31T${time}Z`)
const FLOW: WebhookFlow = {
  id: 'flow_01kg9y3x5n8q2w', kind: 'sample.words', title: 'Count the words', lane: 'default', labels: { team: 'docs' }, status: 'FINISHED', phase: null, terminalReason: 'completed',
  principalId: 'prn_01kg9y2m7t4r6d', currentAttempt: 0, retryOfId: null, createdAt: at('12:00:00.000'), queuedAt: at('12:00:00.000'), startedAt: at('12:00:00.412'),
  finishedAt: at('12:00:03.250'), result: 'There are 412 words.', error: null,
}

/** Rendered as a control plane does, then broken into lines. */
function bodyExample(): string {
  const artifacts = [completionOf('There are 412 words.'), { name: 'counts.csv', mediaType: 'text/csv', size: 10, digest: digestOf('words\n412\n'), bytes: Buffer.from('words\n412\n') }]
  const fact = { eventId: 'evt_01kg9y3x5n8q2w7d4m6r0t1v9z', type: 'flow.finished', at: at('12:00:03.250'), sequence: 4, flow: FLOW, artifacts } satisfies WebhookFact
  const sent = withDeliveryId(renderWebhook(fact, { inline: true, publicUrl: 'https://sluice.example.com' }), 'dlv_01kg9y3zb1c5h8')
  return `\`\`\`json\n${JSON.stringify(JSON.parse(sent), null, 2)}\n\`\`\``
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')
const completionOf = (text: string) => ({ name: 'completion', mediaType: 'text/plain; charset=utf-8', size: text.length, digest: digestOf(text), bytes: null })

if (process.argv.includes('--write')) {
  const printed = printedInto(await readFile(join(REPOSITORY, PAGE), 'utf8'))
  if (printed === '') throw new Error(`${PAGE} lacks the marks of ${Object.keys(PRINTED).join(', ')}`)
  await writeFile(join(REPOSITORY, PAGE), printed)
} else await runAsProgram(import.meta.url, checkWebhooks)
