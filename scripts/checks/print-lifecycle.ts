/** docs/lifecycle.md, printed from the moves and the words. `--write` prints it; without it, the check says whether it is current. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DELIVERY_MOVES } from '../../packages/domain/src/delivery-moves.ts'
import { MOVES } from '../../packages/domain/src/flow-moves.ts'
import {
  DELIVERY_STATE_SENTENCES, DELIVERY_TRIGGER_SENTENCES, ENDPOINT_STATE_SENTENCES, FLOW_PHASE_SENTENCES, FLOW_STATUS_SENTENCES, isLive, isTerminal, LANE_STATE_SENTENCES,
  QUEUE_REASON_SENTENCES, TERMINAL_REASON_SENTENCES, type DeliveryState, type FlowStatus,
} from '../../packages/protocol/src/index.ts'
import { REPOSITORY, runAsProgram } from './report.ts'

const PAGE = 'docs/lifecycle.md'

interface Move { name: string; row: string | null; from: string; to: string; by: string; event: string }
const moves: Move[] = Object.entries(MOVES).map(([name, move]) => ({ name, ...move }))

export async function checkLifecycle(): Promise<string[]> {
  const committed = await readFile(join(REPOSITORY, PAGE), 'utf8').catch(() => '')
  return committed === page() ? [] : [`${PAGE} is not what the moves print: npx tsx scripts/checks/print-lifecycle.ts --write`]
}

const page = (): string => `# The life of a flow

Printed from \`packages/domain/src/flow-moves.ts\`, \`delivery-moves.ts\` beside it and the words of \`packages/protocol\`; do not edit. Every arrow is one named
move, decided by a pure function and written by one door (\`packages/engine/src/apply-moves.ts\`) together with its event.
What is not drawn here is refused. T-numbers are the rows of the product's status machine.

\`\`\`mermaid
stateDiagram-v2
${diagram()}
\`\`\`

## Moves that change status or phase

| Move | Row | From | To | Who pulls it | Event |
|---|---|---|---|---|---|
${rows(moves.filter(one => one.row !== null))}

Nothing leaves ${terminals().join(', ')} (T19): a call that would is refused with the actual outcome.

## Moves that change neither

| Move | On | Who | Event |
|---|---|---|---|
${moves.filter(one => one.row === null).map(one => `| ${one.name} | ${one.from} | ${one.by} | \`${one.event}\` |`).join('\n')}

## Statuses

${table(FLOW_STATUS_SENTENCES)}

## Phases of RUNNING

${table(FLOW_PHASE_SENTENCES)}

## Why a flow is queued

Computed when read, never stored; the first that applies is shown.

${table(QUEUE_REASON_SENTENCES)}

## Why a flow ended

${table(TERMINAL_REASON_SENTENCES)}

## Lane states

${table(LANE_STATE_SENTENCES)}

# The life of a delivery

What a webhook endpoint is told of one event ([webhooks.md](webhooks.md)). A replay is another delivery: nothing leaves ${ended().join(', ')}.

\`\`\`mermaid
stateDiagram-v2
${deliveryDiagram()}
\`\`\`

| Move | From | To | Who pulls it |
|---|---|---|---|
${deliveryMoves.map(one => `| ${one.name} | ${one.from} | ${one.to} | ${one.by} |`).join('\n')}

## Delivery states

${table(DELIVERY_STATE_SENTENCES)}

## Why there is a delivery

${table(DELIVERY_TRIGGER_SENTENCES)}

## Endpoint states

${table(ENDPOINT_STATE_SENTENCES)}
`

const rows = (list: Move[]): string =>
  list.map(one => `| ${one.name} | ${one.row ?? ''} | ${one.from} | ${one.to} | ${one.by} | \`${one.event}\` |`).join('\n')

const table = (sentences: Record<string, string>): string =>
  ['| Word | Meaning |', '|---|---|', ...Object.entries(sentences).map(([word, sentence]) => `| ${word} | ${sentence} |`)].join('\n')

const terminals = (): string[] => Object.keys(FLOW_STATUS_SENTENCES).filter(word => isTerminal(word as FlowStatus))

/** Phases are drawn inside RUNNING; "RUNNING/STARTING or RUNNING/WORKING" is two arrows. */
function diagram(): string {
  const arrows = moves.filter(one => one.row !== null).flatMap(one => one.from.split(' or ').map(from => `  ${state(from)} --> ${state(one.to)}: ${one.name} (${one.row})`))
  const ends = [...new Set(moves.map(one => one.to).filter(to => isTerminal(to as FlowStatus)))].map(to => `  ${to} --> [*]`)
  return ['  state RUNNING {', ...Object.keys(FLOW_PHASE_SENTENCES).map(phase => `    ${phase}`), '  }', ...arrows, ...ends].join('\n')
}

const deliveryMoves = Object.entries(DELIVERY_MOVES).map(([name, move]) => ({ name, ...move }))
const ended = (): string[] => Object.keys(DELIVERY_STATE_SENTENCES).filter(word => !isLive(word as DeliveryState))

const deliveryDiagram = (): string => [
  ...deliveryMoves.flatMap(one => one.from.split(' or ').map(from => `  ${state(from)} --> ${one.to}: ${one.name}`)), ...ended().map(word => `  ${word} --> [*]`),
].join('\n')

const state = (place: string): string => (place === 'nothing' ? '[*]' : place.replace('RUNNING/', ''))

if (process.argv.includes('--write')) await writeFile(join(REPOSITORY, PAGE), page())
else await runAsProgram(import.meta.url, checkLifecycle)
