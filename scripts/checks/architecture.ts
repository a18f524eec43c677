/** The import table of docs/ARCHITECTURE.md says what the lint rule enforces. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FOLDER_ORDERS, IMPORT_TABLE } from '../../packages/tooling/oxlint/import-table.js'
import { REPOSITORY, runAsProgram } from './report.ts'

const PAGE = 'docs/ARCHITECTURE.md'
const MAX_LINES = 250

export async function checkArchitecture(): Promise<string[]> {
  const text = await readFile(join(REPOSITORY, PAGE), 'utf8')
  const lines = text.split('\n').length
  return [
    ...expectedRows().filter(row => !text.includes(row)).map(row => `${PAGE} lacks the line "${row}" that packages/tooling/oxlint/import-table.js enforces.`),
    ...FOLDER_ORDERS.map(orderLine).filter(line => !text.includes(line)).map(line => `${PAGE} lacks "${line}".`),
    ...(lines > MAX_LINES ? [`${PAGE} has ${lines} lines, more than ${MAX_LINES}.`] : []),
  ]
}

const expectedRows = (): string[] =>
  Object.entries(IMPORT_TABLE).map(([name, { may }]) => `| ${name} | ${may.length === 0 ? '–' : may.join(', ')} |`)

const orderLine = (rule: (typeof FOLDER_ORDERS)[number]): string => rule.order.map(folder => `\`${folder}\``).join(' ← ')

await runAsProgram(import.meta.url, checkArchitecture)
